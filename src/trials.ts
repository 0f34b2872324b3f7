import type { LabeledImage } from './dataset/types.ts';
import type { Verdict } from './gate/decide.ts';
import { silent } from './log.ts';
import { agreement } from './metrics/agreement.ts';
import type { PrunedModel } from './prune/prune-model.ts';
import type { ReportedTry } from './report/search.ts';
import { figure } from './report/text.ts';
import { type DetectPool, detectAll, loadOnly } from './validate/detect.ts';
import type { Detections } from './validate/types.ts';
import type { DetectionPlan } from './validate/worker.ts';
import { type ValidatedModel, validateModels } from './validation.ts';

/** Tries models one after the other on the same images. */
export class Trials {
  readonly #pool: DetectPool;
  readonly #plan: DetectionPlan;
  readonly #images: readonly LabeledImage[];

  constructor(pool: DetectPool, plan: DetectionPlan, images: readonly LabeledImage[]) {
    this.#pool = pool;
    this.#plan = plan;
    this.#images = images;
  }

  /** Validates one model. */
  async validate(path: string): Promise<ValidatedModel> {
    await loadOnly(this.#pool, path);
    const { models } = await validateModels(
      this.#pool,
      this.#plan,
      { images: this.#images },
      1,
      false,
      silent,
    );
    return models[0]!;
  }

  /** One model's detections on some of the images, by path. */
  async detect(path: string, count: number): Promise<ReadonlyMap<string, Detections>> {
    await loadOnly(this.#pool, path);
    const found: (readonly [string, Detections])[] = [];
    for await (const detected of detectAll(this.#pool, this.#plan, this.#images.slice(0, count))) {
      if ('samples' in detected) found.push([detected.samples[0]!.path, detected.samples[0]!.detections]);
    }
    return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Share of a model's detections that another one lacks, over several images: 0 where both find the same. */
export function disagreement(
  reference: ReadonlyMap<string, Detections>,
  other: ReadonlyMap<string, Detections>,
): number {
  let [lost, total] = [0, 0];
  for (const [path, detections] of reference) {
    const found = other.get(path);
    if (!found) continue;
    const { agreement: share, weight } = agreement(detections, found);
    lost += (1 - share) * weight;
    total += weight;
  }
  return total === 0 ? 0 : lost / total;
}

/** A try as it stands in report.json. */
export function tryOf(verdict: Verdict, pruned: PrunedModel, givenBack: readonly string[]): ReportedTry {
  const { after, drop, pass } = verdict;
  return { amount: pruned.amount, sparsity: pruned.sparsity, figure: after, drop, pass, givenBack };
}

/**
 * A try in one line of the log.
 *
 * @param reserve what had to be left of the accepted drop.
 */
export function tellTry(
  { metric, after, drop, maxDrop, pass }: Verdict,
  reserve: number,
  name: string,
): string {
  const isClose = pass && drop + reserve > maxDrop;
  const result = isClose ? `too close, ${figure(reserve)} must be left` : pass ? 'passes' : 'fails';
  return `${name}: ${metric} ${figure(after)}, drop ${figure(drop)} of ${figure(maxDrop)}: ${result}`;
}
