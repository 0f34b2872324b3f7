import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentsOf } from '../../../src/calibrate/sites.ts';
import { lamp } from '../../../src/prune/lamp.ts';
import { leastCounts, sharedOut } from '../../../src/prune/reconstruct/budgets.ts';
import type { LayerProblem } from '../../../src/prune/reconstruct/layer-solver.ts';
import { numbers } from './problems.ts';

function problem(shape: LayerProblem['shape'], group: number, seed: number): LayerProblem {
  const [out, channels, height, width] = shape;
  const values = Float32Array.from(numbers(out * channels * height * width, seed));
  const segments = segmentsOf(group, channels, height * width);
  return { shape, group, values, segments, sources: [], centres: [] };
}

const PROBLEMS = [problem([6, 4, 3, 3], 1, 1), problem([8, 1, 3, 3], 8, 2), problem([5, 7, 1, 1], 1, 3)];
const none = async () => [];
const sum = (counts: readonly (readonly number[])[]) =>
  counts.flat().reduce((total, count) => total + count, 0);

test('the least numbers are counted as sorting would', () => {
  const list = fc.float32Array({ min: 0, noNaN: true, maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(list, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (lists, share) => {
        const all = lists.flatMap((values, index) =>
          [...values].map((value) => ({ value: value + 0, index })),
        );
        const count = Math.floor(share * all.length);
        // A stable sort: of equal numbers the first come first.
        const chosen = all.toSorted((a, b) => a.value - b.value).slice(0, count);
        const expected = lists.map((_, index) => chosen.filter((item) => item.index === index).length);
        expect(
          leastCounts(
            lists.map((values) => values.map((value) => value + 0)),
            count,
          ),
        ).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

describe('budgets', () => {
  test('uniform: the same share in each segment, and the whole to the weight', async () => {
    const counts = await sharedOut(PROBLEMS, 0.3, 'uniform', none);
    expect(sum(counts)).toBe(Math.round(0.3 * (216 + 72 + 35)));
    expect(counts[0]![0]).toBeCloseTo(0.3 * 216, -0.5);
    for (const count of counts[1]!) expect(Math.abs(count - 2.7)).toBeLessThan(1);
  });

  test('lamp: as many in each layer as the method lamp takes', async () => {
    const counts = await sharedOut(PROBLEMS, 0.3, 'lamp', none);
    const layers = PROBLEMS.map(({ shape, values }) => ({ name: '', shape, values }));
    const zeros = lamp(layers, 0.3).map((values) => values!.filter((value) => value === 0).length);
    expect(counts.map((layer) => sum([layer]))).toEqual(zeros);
  });

  test('obs: one threshold over all scores', async () => {
    const scores = [
      Float32Array.of(1, 5, 9),
      ...Array.from({ length: 8 }, () => Float32Array.of(4)),
      Float32Array.of(0, 2),
    ];
    const counts = await sharedOut(PROBLEMS, 5 / 323, 'obs', async () => scores);
    expect(counts).toEqual([[1], [1, 1, 0, 0, 0, 0, 0, 0], [2]]);
  });
});
