import { roundHalfEven } from '../round.ts';
import { type Scores, smallestIndices } from './smallest.ts';
import type { Layer } from './types.ts';

/**
 * The weights of least score over all layers together: one threshold for the whole network, so that each layer gives
 * what it can.
 *
 * @param scores one number a weight, in the layers' order.
 * @returns for each layer the indices of its `round(amount · count)` share.
 */
export function leastOverAllLayers(scores: readonly Scores[], amount: number): readonly Uint32Array[] {
  const starts: number[] = [];
  let count = 0;
  for (const { length } of scores) {
    starts.push(count);
    count += length;
  }
  const all = new Float64Array(count);
  for (const [i, layerScores] of scores.entries()) all.set(layerScores, starts[i]!);
  const chosen = smallestIndices(all, roundHalfEven(amount * count)).sort();
  let next = 0;
  return scores.map(({ length }, i) => {
    const first = next;
    while (next < chosen.length && chosen[next]! < starts[i]! + length) next++;
    return chosen.slice(first, next).map((index) => index - starts[i]!);
  });
}

/** The layers' values, those at the given indices multiplied by zero. */
export function zeroed(layers: readonly Layer[], indices: readonly Uint32Array[]): readonly Float32Array[] {
  return layers.map(({ values }, i) => {
    const pruned = values.slice();
    for (const index of indices[i]!) pruned[index]! *= 0;
    return pruned;
  });
}
