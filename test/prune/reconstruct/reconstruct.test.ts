import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type sharpModule from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mulberry32 } from '../../../src/calibrate/random.ts';
import type { MemoryLimits } from '../../../src/calibrate/statistics.ts';
import { findConvWeights } from '../../../src/onnx/conv-weights.ts';
import { GraphWriter } from '../../../src/onnx/graph-writer.ts';
import { parseModel } from '../../../src/onnx/model-file.ts';
import { readValues } from '../../../src/onnx/stored-tensor.ts';
import type { MethodName } from '../../../src/prune/methods.ts';
import type { PrunedModel } from '../../../src/prune/prune-model.ts';
import { type ReconstructPool, startReconstructPool } from '../../../src/prune/reconstruct/pool.ts';
import { Reconstruction } from '../../../src/prune/reconstruct/reconstruct.ts';
import { ScratchFolder } from '../../../src/scratch.ts';
import type { Detector } from '../../../src/validate/detector.ts';
import { webassemblyBase } from '../../helpers/webassembly.ts';
import { numbers } from './problems.ts';

const sharp = createRequire(import.meta.url)('sharp') as typeof sharpModule;
const NATIVE_BASE = fileURLToPath(new URL('../../../package.json', import.meta.url));

const DETECTOR: Detector = {
  input: { name: 'images', type: 'float32', batch: 1 },
  output: 'boxes',
  width: 128,
  height: 128,
  rect: null,
  head: 'anchor-free',
  family: 'ultralytics',
  nc: 2,
  names: null,
  stride: null,
  warnings: [],
};

/** A network with a stem, a depthwise Conv, two nodes that share a weight, and a head [1, 4 + 2 classes, 256 places]. */
function network() {
  const graph = new GraphWriter();
  const weight = (name: string, dims: readonly number[], seed: number) => {
    const values = Float32Array.from(
      numbers(
        dims.reduce((product, dim) => product * dim, 1),
        seed,
      ),
    );
    const rawData = new Uint8Array(values.buffer);
    graph.copyInitializer({ name, dims: dims.map(BigInt), dataType: 1, rawData });
    return name;
  };
  const same = { pads: [1, 1, 1, 1] };
  const half = { ...same, strides: [2, 2] };
  const x = graph.input({ name: 'images', dims: [1, 3, 128, 128] });
  const stem = graph.add('Relu', [graph.add('Conv', [x, weight('stem', [8, 3, 3, 3], 1)], half)]);
  const depthwise = graph.add('Conv', [stem, weight('depthwise', [8, 1, 3, 3], 2)], { ...half, group: 8 });
  const shared = weight('shared', [8, 8, 3, 3], 3);
  const twice = graph.add(
    'Conv',
    [graph.add('Relu', [graph.add('Conv', [depthwise, shared], same)]), shared],
    half,
  );
  const head = graph.add('Conv', [graph.add('Relu', [twice]), weight('head', [6, 8, 1, 1], 4)]);
  graph.copy({ opType: 'Reshape', input: [head, graph.ints([1, 6, 256])], output: ['boxes'] });
  graph.output('boxes');
  return parseModel('small.onnx', graph.finish());
}

describe('Reconstruction', () => {
  const images: string[] = [];
  const pools: ReconstructPool[] = [];
  const scratch = new ScratchFolder(new AbortController().signal);

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reconstruct-'));
    for (let i = 0; i < 18; i++) {
      const random = mulberry32(i);
      const data = Uint8Array.from({ length: 48 * 64 * 3 }, () => random() * 256);
      const path = join(folder, `${i}.png`);
      await sharp(data, { raw: { width: 64, height: 48, channels: 3 } })
        .blur(1)
        .toFile(path);
      images.push(path);
    }
    pools.push(
      startReconstructPool(NATIVE_BASE, 1),
      startReconstructPool(NATIVE_BASE, 3),
      startReconstructPool(await webassemblyBase(), 2),
    );
  });

  afterAll(async () => {
    scratch.remove();
    await Promise.all(pools.map((pool) => pool.close()));
  });

  const prune = (
    pool: number,
    method: MethodName,
    bytes = network().bytes,
    seed = 0,
    exclude: readonly string[] = [],
    limits?: MemoryLimits,
  ) =>
    new Reconstruction(
      pools[pool]!,
      parseModel('small.onnx', bytes),
      { method, exclude },
      { detector: DETECTOR, images, seed, scratch, ...(limits && { limits }) },
    ).prune(0.4);

  test('zeroes the share that was asked for, and changes only weights', async () => {
    const before = network();
    const pruned = await prune(0, 'reconstruct');
    expect(pruned.zeros).toBe(Math.round(0.4 * pruned.weights));
    expect(pruned.layers.map(({ name }) => name)).toEqual(['stem', 'depthwise', 'shared', 'head']);
    expect(pruned.bytes.length).toBe(before.bytes.length);
    expect(pruned.changed).toBe(true);
    expect(pruned.unreadable).toEqual([]);
  });

  test('the same for any number of threads; another for another seed', async () => {
    const one = await prune(0, 'reconstruct');
    const three = await prune(1, 'reconstruct');
    const other = await prune(1, 'reconstruct', network().bytes, 1);
    expect(Buffer.compare(one.bytes, three.bytes)).toBe(0);
    expect(Buffer.compare(one.bytes, other.bytes)).not.toBe(0);
  });

  test('augmented images make another model, the same for the same seed', async () => {
    const model = parseModel('small.onnx', network().bytes);
    const once = () =>
      new Reconstruction(
        pools[1]!,
        model,
        { method: 'reconstruct', exclude: [] },
        { detector: DETECTOR, images, seed: 0, scratch, augment: true },
      ).prune(0.4);
    const [one, two] = [await once(), await once()];
    expect(Buffer.compare(one.bytes, two.bytes)).toBe(0);
    expect(Buffer.compare(one.bytes, (await prune(1, 'reconstruct')).bytes)).not.toBe(0);
  });

  test('the same in many passes over the images, with moments on the disk', async () => {
    const once = await prune(1, 'reconstruct');
    const often = await prune(1, 'reconstruct', network().bytes, 0, [], { sums: 1, kept: 0 });
    expect(Buffer.compare(once.bytes, often.bytes)).toBe(0);
  });

  test.each(['reconstruct', 'reconstruct-2:4'] as const)(
    '%s by WebAssembly differs by rounding only',
    async (method) => {
      const [native, webassembly] = [await prune(0, method), await prune(2, method)];
      expect(webassembly.layers).toEqual(
        native.layers.map((layer) => ({
          ...layer,
          outputError: layer.outputError === null ? null : expect.closeTo(layer.outputError, 5),
        })),
      );
      for (const { zeros, outputError } of native.layers) {
        if (zeros === 0) expect(outputError).toBeNull();
        else expect(outputError).toBeGreaterThan(0);
        expect(outputError ?? 0).toBeLessThan(0.5);
      }
      const weights = ({ bytes }: PrunedModel) =>
        findConvWeights(parseModel('small.onnx', bytes)).flatMap(({ tensor }) => [
          ...readValues(bytes, tensor),
        ]);
      const [mine, other] = [weights(native), weights(webassembly)];
      expect(other.map((value) => value === 0)).toEqual(mine.map((value) => value === 0));
      const differences = mine.map((value, i) => Math.abs(value - other[i]!));
      // Of weights about one. A row's fit ends before its optimum, where it began depends on the exchanges that were tried:
      // with a hundred steps instead of 20 and 8 all differ by less than 1e-6.
      expect(differences.filter((difference) => difference > 1e-3).length).toBeLessThan(
        differences.length / 50,
      );
      expect(Math.max(...differences)).toBeLessThan(1e-2);
    },
  );

  test.each(['reconstruct', 'reconstruct-2:4'] as const)('%s again changes nothing', async (method) => {
    const once = await prune(0, method);
    const twice = await prune(0, method, once.bytes);
    expect([once.changed, twice.changed]).toEqual([true, false]);
  });

  test('a pattern leaves alone what it does not fit', async () => {
    const pruned = await prune(0, 'reconstruct-2:4');
    expect(pruned.excluded).toEqual(['stem', 'depthwise']);
    expect(pruned.layers.map(({ weights, zeros }) => zeros / weights)).toEqual([0, 0, 0.5, 0.5]);
  });

  test('what is excluded keeps its bytes', async () => {
    const pruned = await prune(1, 'reconstruct', network().bytes, 0, ['first-and-last']);
    expect(pruned.excluded).toEqual(['stem', 'head']);
    expect(pruned.layers.filter(({ zeros }) => zeros > 0).map(({ name }) => name)).toEqual([
      'depthwise',
      'shared',
    ]);
  });
});
