// Runs in a process of its own, which a broken native part may crash: `probe-child BASE PROVIDER`. It says which package it comes to,
// and `done` after the last.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Ort from 'onnxruntime-node';
import type sharp from 'sharp';
import { ortPackage } from './load.ts';

/** A convolution of 3×3 pixels with the weights 1 … 9, made by test/runtime/probe-model.py. */
const MODEL = [
  'CAg6hwEKDwoBeAoBdxIBeSIEQ29udhIFcHJvYmUqMwgBCAEIAwgDEAEiJAAAgD8AAABAAABAQAAAgEAAAKBAAADAQAAA4EAAAABB',
  'AAAQQUIBd1obCgF4EhYKFAgBEhAKAggBCgIIAQoCCAMKAggDYhsKAXkSFgoUCAESEAoCCAEKAggBCgIIAQoCCAFCBAoAEA0=',
].join('');

/** One pixel, rgb(10, 20, 30). */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPgEpEDAABoAD1q9XBbAAAAAElFTkSuQmCC';

async function infer(ort: typeof Ort): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(Buffer.from(MODEL, 'base64'), {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const x = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), [1, 1, 3, 3]);
  const { y } = await session.run({ x });
  return [...(y!.data as Float32Array)];
}

async function decode(sharpModule: typeof sharp): Promise<readonly number[]> {
  return [...(await sharpModule(Buffer.from(PNG, 'base64')).raw().toBuffer())];
}

async function expectOf<T>(
  name: string,
  compute: (part: T) => Promise<readonly number[]>,
  expected: readonly number[],
): Promise<void> {
  writeSync(1, `${name}\n`);
  const found = await compute(require(name) as T);
  if (String(found) !== String(expected)) throw new Error(`It computes ${found} instead of ${expected}.`);
}

const [base, provider] = process.argv.slice(2) as [string, string];
const require = createRequire(base);
await expectOf(ortPackage(base), infer, [285]);
await expectOf('sharp', decode, [10, 20, 30]);
writeSync(1, 'done\n');
