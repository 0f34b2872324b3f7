import { workerData } from 'node:worker_threads';
import { type Chunk, type ChunkMoments, Collector, type CollectSetup } from '../../calibrate/collector.ts';
import { openMatrixProduct } from '../../calibrate/matrix-product.ts';
import { loadNativeParts, type NativeBase } from '../../runtime/load.ts';
import { serve } from '../../workers/serve.ts';
import { type LayerProblem, obsScores, outputError, solveLayer, type Target } from './layer-solver.ts';

/** What a worker is started with. */
export interface ReconstructSetup {
  readonly nativeBase: NativeBase;
}

interface Task {
  readonly problem: LayerProblem;
  readonly target: Target;
}

/** A layer's new values, and what they change in its output, see {@link outputError}. */
export interface Solved {
  readonly values: Float32Array;
  readonly outputError: number;
}

export type ReconstructWorker = typeof methods;

const native = loadNativeParts((workerData as ReconstructSetup).nativeBase);
native.sharp.cache(false);
native.sharp.concurrency(1);
const product = await openMatrixProduct(native.ort, 'float64');
let collector: Collector | null = null;

const methods = {
  /** Opens the model that later chunks go through, and closes the one before. */
  async openCollector(setup: CollectSetup): Promise<void> {
    await collector?.close();
    collector = await Collector.open(native, setup);
  },

  async collect(chunk: Chunk): Promise<ChunkMoments> {
    return collector!.collect(chunk);
  },

  async score(problem: LayerProblem): Promise<readonly Float32Array[]> {
    return obsScores(problem, product);
  },

  async solve({ problem, target }: Task): Promise<Solved> {
    const values = await solveLayer(problem, target, product);
    return { values, outputError: await outputError(problem, values, product) };
  },
};

serve(methods);
