import { lampScores } from '../lamp.ts';
import { cutOf } from '../least-magnitudes.ts';
import type { LayerProblem } from './layer-solver.ts';

/** How the zeros are shared out among the layers, see {@link sharedOut}. */
export const BUDGETS = ['obs', 'lamp', 'uniform'] as const;
export type Budget = (typeof BUDGETS)[number];

/**
 * How many weights go in each segment of each layer.
 *
 * `obs` and `lamp`: one threshold over all layers, on what zeroing really costs or on LAMP scores; `uniform`: the same share
 * everywhere.
 *
 * @param obsOf the OBS scores of a layer, segment by segment.
 */
export async function sharedOut(
  problems: readonly LayerProblem[],
  amount: number,
  budget: Budget,
  obsOf: () => Promise<readonly Float32Array[]>,
): Promise<readonly (readonly number[])[]> {
  const sizes = problems.flatMap(({ segments, shape, group }) =>
    segments.map(({ columns }) => (columns * shape[0]) / group),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const counts =
    budget === 'uniform'
      ? evenly(sizes, amount)
      : leastCounts(
          budget === 'obs' ? await obsOf() : problems.flatMap(lampBySegment),
          Math.round(amount * total),
        );
  let next = 0;
  return problems.map(({ segments }) => segments.map(() => counts[next++]!));
}

/** Shares whose sum is what the share of the whole would be. */
function evenly(sizes: readonly number[], amount: number): readonly number[] {
  let [before, taken] = [0, 0];
  return sizes.map((size) => {
    before += size;
    const count = Math.round(amount * before) - taken;
    taken += count;
    return count;
  });
}

function lampBySegment({ values, shape, group, segments }: LayerProblem): readonly Float32Array[] {
  const scores = lampScores(values);
  const rowCount = shape[0] / group;
  const rowLength = values.length / shape[0];
  return segments.map(({ group: index, start, columns }) => {
    const part = new Float32Array(rowCount * columns);
    for (let row = 0; row < rowCount; row++) {
      const from = (index * rowCount + row) * rowLength + start;
      part.set(scores.subarray(from, from + columns), row * columns);
    }
    return part;
  });
}

/** How many of the `count` least numbers lie in each list; none is negative, and of equal ones the first come first. */
export function leastCounts(lists: readonly Float32Array[], count: number): readonly number[] {
  const { magnitude, below } = cutOf(lists, count);
  let equal = count - below;
  return lists.map((list) => {
    let taken = 0;
    for (const value of list) {
      if (value < magnitude) taken++;
      else if (value === magnitude && equal > 0) {
        taken++;
        equal--;
      }
    }
    return taken;
  });
}
