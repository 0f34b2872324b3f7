import type { Dataset } from './dataset/types.ts';
import type { Log } from './log.ts';
import type { PrunedModel } from './prune/prune-model.ts';
import type { ReportedSearch } from './report/search.ts';
import type { NativeBase } from './runtime/load.ts';
import type { DetectPool } from './validate/detect.ts';
import type { Provider } from './validate/session.ts';
import type { Validation } from './validation.ts';

/** What pruned models are made and tried with. */
export interface Workshop {
  /** Has the unpruned model loaded. */
  readonly pool: DetectPool;
  readonly nativeBase: NativeBase;
  readonly provider: Provider;
  /** Aborted when the process is about to be ended. */
  readonly stop: AbortSignal;
  /** Aborted when the time is up. */
  readonly timeUp: AbortSignal;
  readonly log: Log;
}

/** The pruned model that is to be judged. */
export interface Chosen {
  readonly pruned: PrunedModel;
  /** The images that judge it. */
  readonly dataset: Dataset;
  /** How its amount was found; `null` where one was given. */
  readonly search: ReportedSearch | null;
  /** Of the unpruned model and this one on those images, where they have been seen on the way. */
  readonly validation: Validation | null;
}
