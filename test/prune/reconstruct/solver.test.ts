import { describe, expect, test } from 'vitest';
import { openMatrixProduct } from '../../../src/calibrate/matrix-product.ts';
import { segmentsOf } from '../../../src/calibrate/sites.ts';
import { anywhere, exchange } from '../../../src/prune/reconstruct/exchange.ts';
import { inverseRoot } from '../../../src/prune/reconstruct/inverse-root.ts';
import {
  type LayerProblem,
  obsScores,
  outputError,
  solveLayer,
} from '../../../src/prune/reconstruct/layer-solver.ts';
import { costOf, damped, descent, type Quadratic } from '../../../src/prune/reconstruct/quadratic.ts';
import { refit } from '../../../src/prune/reconstruct/refit.ts';
import { numbers, ort, secondMoments, solveLinear } from './problems.ts';

const product = await openMatrixProduct(ort, 'float64');

function quadratic(rows: number, columns: number, seed: number): Quadratic {
  const h = damped(secondMoments(columns, seed), columns);
  return { original: numbers(rows * columns, seed + 7), columns, h, product };
}

function layer(shape: LayerProblem['shape'], group: number, seed: number): LayerProblem {
  const [out, channels, height, width] = shape;
  const segments = segmentsOf(group, channels, height * width);
  const moments = Float64Array.from(
    segments.flatMap(({ columns }, i) => [...secondMoments(columns, seed + i)]),
  );
  const values = Float32Array.from(numbers(out * channels * height * width, seed + 100));
  return { shape, group, values, segments, sources: [moments], centres: [] };
}

const zerosIn = (values: Float32Array | Float64Array) => values.filter((value) => value === 0).length;

describe('inverseRoot', () => {
  test.each([23, 131])('is upper triangular, and Uᵀ·U is the inverse, %i columns', async (size) => {
    const h = damped(secondMoments(size, 3), size);
    const root = await inverseRoot(h, size, product);
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) expect(root[i * size + j]).toBe(0);
    const upper = (i: number, j: number) => root[i * size + j]!;
    const inverse = (i: number, j: number) => {
      let entry = 0;
      for (let k = 0; k <= Math.min(i, j); k++) entry += upper(k, i) * upper(k, j);
      return entry;
    };
    for (let i = 0; i < size; i++) {
      const row = Array.from({ length: size }, (_, k) => inverse(i, k));
      for (let j = 0; j < size; j++) {
        const entry = row.reduce((sum, value, k) => sum + value * h[k * size + j]!, 0);
        expect(entry).toBeCloseTo(i === j ? 1 : 0, 8);
      }
    }
  });
});

test('the output error is the share of the energy that differs', async () => {
  const problem = layer([4, 6, 3, 3], 2, 5);
  const error = (change: (value: number) => number) =>
    outputError(problem, problem.values.map(change), product);
  expect(await error((value) => value)).toBe(0);
  expect(await error(() => 0)).toBeCloseTo(1, 9);
  expect(await error((value) => 0.9 * value)).toBeCloseTo(0.01, 6);
});

describe('refit', () => {
  test('reaches the least squares of each row over the weights that are kept', async () => {
    const problem = quadratic(3, 20, 1);
    const { original, h, columns } = problem;
    const mask = Uint8Array.from(original, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0));
    const start = original.map((value, i) => (mask[i] === 1 ? 0 : value));
    const fitted = await refit(problem, start, mask, 40);
    for (let r = 0; r < 3; r++) {
      const kept = [...Array(columns).keys()].filter((j) => mask[r * columns + j] === 0);
      const target = kept.map((i) => {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += h[i * columns + j]! * original[r * columns + j]!;
        return sum;
      });
      const exact = solveLinear(
        kept.map((i) => kept.map((j) => h[i * columns + j]!)),
        target,
      );
      kept.forEach((j, k) => {
        expect(fitted[r * columns + j]).toBeCloseTo(exact[k]!, 5);
      });
    }
    expect(fitted.filter((_, i) => mask[i] === 1).every((value) => value === 0)).toBe(true);
  });
});

describe('exchange', () => {
  test('keeps the number of zeros and lowers the cost of a bad choice', async () => {
    const problem = quadratic(4, 40, 2);
    const diagonal = new Float64Array(40);
    const root = await inverseRoot(problem.h, 40, product);
    for (let i = 0; i < 40; i++) for (let j = i; j < 40; j++) diagonal[j]! += root[i * 40 + j]! ** 2;
    const mask = Uint8Array.from(problem.original, (_, i) => i % 2);
    const rows = await refit(
      problem,
      problem.original.map((value, i) => (i % 2 ? 0 : value)),
      mask,
      40,
    );
    const cost = async (candidate: Float64Array) =>
      costOf(problem, candidate, await descent(problem, candidate));
    const better = await exchange(problem, { rows, mask }, diagonal, anywhere);
    expect(zerosIn(better.rows)).toBe(80);
    expect(await cost(better.rows)).toBeLessThan(0.5 * (await cost(rows)));
  });
});

describe('solveLayer', () => {
  test('zeroes the count, and keeps the output far better than magnitudes do', async () => {
    const problem = layer([16, 12, 3, 3], 1, 5);
    const solved = await solveLayer(problem, { counts: [700] }, product);
    expect(zerosIn(solved)).toBe(700);
    const order = [...problem.values.keys()].sort(
      (a, b) => Math.abs(problem.values[a]!) - Math.abs(problem.values[b]!),
    );
    const plain = problem.values.slice();
    for (const index of order.slice(0, 700)) plain[index] = 0;
    const columns = 108;
    const original = Float64Array.from(problem.values);
    const cost = async (values: Float32Array) => {
      const measured: Quadratic = { original, columns, h: problem.sources[0] as Float64Array, product };
      const rows = Float64Array.from(values);
      return costOf(measured, rows, await descent(measured, rows));
    };
    expect(await cost(solved)).toBeLessThan(0.5 * (await cost(plain)));
  });

  test('groups have their own counts and moments', async () => {
    const solved = await solveLayer(layer([4, 1, 3, 3], 4, 9), { counts: [3, 0, 8, 5] }, product);
    expect([0, 9, 18, 27].map((start) => zerosIn(solved.subarray(start, start + 9)))).toEqual([3, 0, 8, 5]);
  });

  test('holds an N:M pattern along the input channels', async () => {
    const solved = await solveLayer(layer([6, 8, 3, 3], 1, 4), { pattern: { n: 2, m: 4 } }, product);
    for (let out = 0; out < 6; out++) {
      for (let place = 0; place < 9; place++) {
        for (const first of [0, 4]) {
          const group = [0, 1, 2, 3].map((i) => solved[out * 72 + (first + i) * 9 + place]!);
          expect(zerosIn(Float32Array.from(group))).toBe(2);
        }
      }
    }
  });

  test('without moments it falls back to magnitudes', async () => {
    const problem = {
      ...layer([2, 4, 1, 1], 1, 3),
      values: Float32Array.of(1, -5, 3, 2, 9, -4, 8, 7),
      sources: [],
    };
    const solved = await solveLayer(problem, { counts: [4] }, product);
    expect([...solved]).toEqual([0, -5, 0, 0, 9, 0, 8, 7]);
  });
});

test('scores say what zeroing one weight really costs', async () => {
  const problem = layer([2, 6, 1, 1], 1, 8);
  const [scores] = await obsScores(problem, product);
  const h = damped(problem.sources[0] as Float64Array, 6);
  for (const [row, j] of [
    [0, 2],
    [1, 5],
  ] as const) {
    const measured: Quadratic = {
      original: Float64Array.from(problem.values.subarray(row * 6, row * 6 + 6)),
      columns: 6,
      h,
      product,
    };
    const mask = new Uint8Array(6);
    mask[j] = 1;
    const start = measured.original.map((value, i) => (i === j ? 0 : value));
    const fitted = await refit(measured, start, mask, 20);
    const cost = costOf(measured, fitted, await descent(measured, fitted));
    const nothing = new Float64Array(6);
    const energy = costOf(measured, nothing, await descent(measured, nothing));
    expect(scores![row * 6 + j]).toBeCloseTo(cost / energy, 6);
  }
});
