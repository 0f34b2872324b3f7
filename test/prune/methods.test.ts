import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseModel } from '../../src/onnx/model-file.ts';
import { global } from '../../src/prune/global.ts';
import { lamp } from '../../src/prune/lamp.ts';
import { type MethodName, parseMethod } from '../../src/prune/methods.ts';
import { nOfM, parsePattern } from '../../src/prune/n-m.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import type { Layer, PruneMethod } from '../../src/prune/types.ts';
import { convModel, floats, message, model, node, tensor } from '../helpers/onnx-file.ts';

type Zeros = readonly (readonly number[] | null)[];

interface Fixture {
  readonly layers: readonly { readonly shape: Layer['shape']; readonly values: readonly number[] }[];
  readonly global: Readonly<Record<string, Zeros>>;
  readonly lamp: Readonly<Record<string, Zeros>>;
  readonly patterns: Readonly<Record<string, Zeros>>;
}

const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/prune/methods.json', import.meta.url), 'utf8'),
) as Fixture;
const layers: readonly Layer[] = fixture.layers.map(({ shape, values }, i) => ({
  name: `layer ${i}`,
  shape,
  values: Float32Array.from(values),
}));

function zeros(method: PruneMethod, amount: number): Zeros {
  return method(layers, amount).map(
    (values) => values && [...values.keys()].filter((index) => values[index] === 0),
  );
}

test.each(Object.entries(fixture.global))('global at %s prunes what torch prunes', (amount, expected) => {
  expect(zeros(global, Number(amount))).toEqual(expected);
});

test.each(Object.entries(fixture.lamp))(
  'lamp at %s prunes by the formula of the paper',
  (amount, expected) => {
    expect(zeros(lamp, Number(amount))).toEqual(expected);
  },
);

test.each(Object.entries(fixture.patterns))(
  '%s along the input channels, or not at all',
  (name, expected) => {
    expect(zeros(nOfM(parsePattern(name)!), 0.5)).toEqual(expected);
  },
);

test('names of methods and what they mean', () => {
  expect(parseMethod('2:4')).toMatchObject({ calibrated: false, pattern: { n: 2, m: 4 } });
  expect(parseMethod('reconstruct')).toEqual({ calibrated: true, pattern: null });
  expect(parseMethod('reconstruct-1:4')).toEqual({ calibrated: true, pattern: { n: 1, m: 4 } });
  for (const wrong of ['4:2', '2:2', '0:4', '2:400', 'reconstruct-', 'L1', 'toString', '']) {
    expect(parseMethod(wrong), wrong).toBeNull();
  }
});

describe('in a model', () => {
  const A = { name: 'a', dims: [4, 1, 1, 1], raw: floats([0.1, -0.2, 3, 4]) };
  const B = { name: 'b', dims: [1, 4, 1, 1], raw: floats([5, -0.5, 2, 2]) };
  const options = (method: MethodName, amount: number) => ({ method, amount, exclude: [] });

  test('what a pattern does not fit is listed, and its own share is the amount', () => {
    const pruned = pruneModel(parseModel('m.onnx', convModel([A, B])), options('1:4', 0.3));
    expect(pruned.excluded).toEqual(['a']);
    expect(pruned.layers.map(({ zeros }) => zeros)).toEqual([0, 3]);
    expect(pruned.amount).toBe(0.75);
  });

  test.each(['l1', 'global', 'lamp', '2:4'] as const)(
    '%s again, or less of it, changes nothing',
    (method) => {
      const once = pruneModel(parseModel('m.onnx', convModel([A, B])), options(method, 0.5));
      for (const amount of [0.5, 0.2]) {
        const twice = pruneModel(parseModel('m.onnx', once.bytes), options(method, amount));
        expect([once.changed, twice.changed]).toEqual([true, false]);
      }
    },
  );

  test('first-and-last keeps the stem and the last Convs, looking through DFL constants', () => {
    const weights = ['stem', 'middle', 'head', 'side'].map((name) => ({ ...B, name }));
    const dfl = { name: 'dfl', dims: [1, 4, 1, 1], raw: floats([0, 1, 2, 3]) };
    const conv = (input: string, weight: string, output: string) =>
      node({ op: 'Conv', inputs: [input, weight], outputs: [output] });
    const nodes = [
      node({ op: 'Cast', inputs: ['images'], outputs: ['x'] }),
      conv('x', 'stem', 'a'),
      node({ op: 'Sigmoid', inputs: ['a'], outputs: ['b'] }),
      conv('b', 'middle', 'c'),
      conv('c', 'head', 'd'),
      conv('d', 'dfl', 'e'),
      conv('c', 'side', 'f'),
      node({ op: 'Concat', inputs: ['e', 'f'], outputs: ['out'] }),
    ];
    const bytes = model(
      message([
        ...nodes.map((item) => [1, item] as const),
        ...[...weights, dfl].map((item) => [5, tensor(item)] as const),
        [11, message([[1, 'images']])],
        [12, message([[1, 'out']])],
      ]),
    );
    const pruned = pruneModel(parseModel('m.onnx', bytes), {
      ...options('l1', 0.5),
      exclude: ['first-and-last'],
    });
    expect(pruned.layers.filter((layer) => layer.zeros > 0).map(({ name }) => name)).toEqual(['middle']);
    expect(pruned.unusedExcludes).toEqual([]);
  });
});
