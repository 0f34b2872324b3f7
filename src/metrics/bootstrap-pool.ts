import { WorkerPool } from '../workers/pool.ts';
import {
  type Bootstrap,
  type BootstrapOptions,
  bootstrap,
  bootstrapOf,
  type Drops,
  planResampling,
} from './bootstrap.ts';
import { LANES } from './bootstrap-lanes.ts';
import type { ResampleWorker } from './bootstrap-worker.ts';
import type { ImageStatistics } from './types.ts';

/** How the resamples are counted. */
export interface Threads {
  readonly threads: number;
  /** Gives the work up when it is aborted. */
  readonly timeUp?: AbortSignal | undefined;
  /** Detections of both models from which on threads are worth their start. */
  readonly many?: number;
}

/** Resamples of one call: enough that calls cost nothing, few enough that all threads end together. */
const PART = 5 * LANES;

/** The same as {@link bootstrap} to the last bit, by several threads where there is much to count. */
export async function bootstrapOnThreads(
  before: readonly ImageStatistics[],
  after: readonly ImageStatistics[],
  options: BootstrapOptions,
  { threads, timeUp, many = 100_000 }: Threads,
): Promise<Bootstrap> {
  const detections = [...before, ...after].reduce((sum, { cls }) => sum + cls.length, 0);
  if (threads < 2 || detections < many) return bootstrap(before, after, options);
  const plan = planResampling(before, after, options);
  const inSource = import.meta.url.endsWith('.ts');
  const entry = new URL(inSource ? './bootstrap-worker.ts' : './bootstrap.js', import.meta.url);
  const pool = new WorkerPool<ResampleWorker>(entry, threads, null, timeUp);
  try {
    await pool.broadcast('load', plan);
    const once = pool.run('once', null);
    const parts: Promise<Drops>[] = [];
    for (let from = 0; from < plan.resamples; from += PART)
      parts.push(pool.run('resample', { from, to: Math.min(from + PART, plan.resamples) }));
    return bootstrapOf(plan, await once, await Promise.all(parts));
  } finally {
    await pool.close();
  }
}
