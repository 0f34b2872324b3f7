import type { NativeBase } from '../../runtime/load.ts';
import { WorkerPool } from '../../workers/pool.ts';
import type { ReconstructSetup, ReconstructWorker } from './worker.ts';

/** Worker threads that collect statistics and solve layers. */
export type ReconstructPool = WorkerPool<ReconstructWorker>;

/** Starts the workers; `timeUp` gives up what they are at. */
export function startReconstructPool(
  nativeBase: NativeBase,
  workers: number,
  timeUp?: AbortSignal,
): ReconstructPool {
  const inSource = import.meta.url.endsWith('.ts');
  const entry = new URL(inSource ? './worker.ts' : './reconstruct.js', import.meta.url);
  return new WorkerPool<ReconstructWorker>(entry, workers, { nativeBase } satisfies ReconstructSetup, timeUp);
}
