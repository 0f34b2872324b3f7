import { lampScores } from '../lamp.ts';
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

/**
 * How many of the `count` least numbers lie in each list; of equal ones the first come first. Two counts of their halves
 * find the threshold: the bits of floats that are not negative ascend with them.
 */
export function leastCounts(lists: readonly Float32Array[], count: number): readonly number[] {
  const bits = lists.map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length));
  const high = bucketOf(bits, count, (value) => value >>> 16);
  const low = bucketOf(bits, count - high.below, (value) =>
    value >>> 16 === high.bucket ? value & 0xffff : -1,
  );
  const threshold = high.bucket * 0x10000 + low.bucket;
  let equal = count - high.below - low.below;
  return bits.map((list) => {
    let taken = 0;
    for (const value of list) {
      if (value < threshold) taken++;
      else if (value === threshold && equal > 0) {
        taken++;
        equal--;
      }
    }
    return taken;
  });
}

/** The bucket that holds the `count`-th least, and how many lie in those below; numbers in bucket −1 do not count. */
function bucketOf(
  lists: readonly Uint32Array[],
  count: number,
  bucketAt: (value: number) => number,
): { readonly bucket: number; readonly below: number } {
  const sizes = new Float64Array(0x10000);
  for (const list of lists) {
    for (const value of list) {
      const bucket = bucketAt(value);
      if (bucket >= 0) sizes[bucket]!++;
    }
  }
  let below = 0;
  for (let bucket = 0; bucket < sizes.length; bucket++) {
    if (below + sizes[bucket]! >= count) return { bucket, below };
    below += sizes[bucket]!;
  }
  return { bucket: sizes.length - 1, below };
}
