import { workerData } from 'node:worker_threads';
import type * as Ort from 'onnxruntime-node';
import { loadNativeParts } from '../src/runtime/load.ts';
import { describeSession, openSession } from '../src/validate/session.ts';
import { serve } from '../src/workers/serve.ts';

export interface FloorSetup {
  readonly nativeBase: string;
  readonly threads: number;
}

export type FloorWorker = typeof methods;

const { nativeBase, threads } = workerData as FloorSetup;
const { ort } = loadNativeParts(nativeBase);
let session: Ort.InferenceSession;
let feeds: Record<string, Ort.Tensor>;

const methods = {
  async load(path: string): Promise<void> {
    session = await openSession(ort, path, { provider: 'cpu', threads });
    const [input] = describeSession(session).inputs as unknown as [{ name: string; shape: number[] }];
    const count = input.shape.reduce((product, side) => product * side, 1);
    const pixels = Float32Array.from({ length: count }, (_, i) => ((i * 2654435761) >>> 24) / 255);
    feeds = { [input.name]: new ort.Tensor('float32', pixels, input.shape) };
    await session.run(feeds);
  },

  /** One picture through the model, on a ready-made tensor. */
  async run(): Promise<void> {
    await session.run(feeds);
  },
};

serve(methods);
