import { availableParallelism } from 'node:os';
import { WorkerPool } from '../src/workers/pool.ts';
import type { FloorSetup, FloorWorker } from './floor-worker.ts';

/** So many sessions side by side, each with so many threads. */
export interface FloorArrangement {
  readonly workers: number;
  readonly threads: number;
}

/** A model that is ready to be timed on one arrangement. */
export interface FloorRunner {
  readonly arrangement: FloorArrangement;
  /** Milliseconds an image over `images` runs. */
  measure(images: number): Promise<number>;
  close(): Promise<void>;
}

/** The ways to share the processor that are worth a try: every even split of the cores. */
export function arrangements(): readonly FloorArrangement[] {
  const cores = availableParallelism();
  return Array.from({ length: cores }, (_, i) => i + 1)
    .filter((workers) => cores % workers === 0)
    .map((workers) => ({ workers, threads: cores / workers }));
}

export async function startFloor(model: string, arrangement: FloorArrangement): Promise<FloorRunner> {
  const entry = new URL('./floor-worker.ts', import.meta.url);
  const setup: FloorSetup = { nativeBase: import.meta.url, threads: arrangement.threads };
  const pool = new WorkerPool<FloorWorker>(entry, arrangement.workers, setup);
  await pool.broadcast('load', model);
  return {
    arrangement,
    async measure(images) {
      const started = performance.now();
      await Promise.all(Array.from({ length: images }, () => pool.run('run', undefined as never)));
      return (performance.now() - started) / images;
    },
    close: () => pool.close(),
  };
}
