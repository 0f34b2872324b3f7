import { leastOverAllLayers, zeroed } from './over-all-layers.ts';
import type { PruneMethod } from './types.ts';

/**
 * Layer-adaptive magnitudes: the weights of least LAMP score over all layers together.
 *
 * Source: Lee et al., Layer-adaptive sparsity for the magnitude-based pruning, ICLR 2021 (arXiv 2010.07611).
 */
export const lamp: PruneMethod = (layers, amount) =>
  zeroed(
    layers,
    leastOverAllLayers(
      layers.map(({ values }) => lampScores(values)),
      amount,
    ),
  );

/** Each weight's square divided by the sum of all squares in its layer that are not smaller; of equal ones the first is the smaller. */
export function lampScores(values: Float32Array): Float64Array {
  const order = ascendingByMagnitude(values);
  const scores = new Float64Array(values.length);
  let sum = 0;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const index = order[rank]!;
    const square = values[index]! ** 2;
    sum += square;
    scores[index] = square === 0 ? 0 : square / sum;
  }
  return scores;
}

/** Indices by ascending absolute value, then by index: the numbers' bits and the index as one integer, sorted natively. */
function ascendingByMagnitude(values: Float32Array): Uint32Array {
  const keys = new BigUint64Array(values.length);
  const halves = new Uint32Array(keys.buffer);
  const [low, high] = LITTLE_ENDIAN ? [0, 1] : [1, 0];
  halves.forEach((_, i) => {
    halves[i] = i >> 1;
  });
  const magnitudes = values.map(Math.abs);
  const bits = new Uint32Array(magnitudes.buffer);
  for (const [i, value] of bits.entries()) halves[2 * i + high] = value;
  keys.sort();
  return Uint32Array.from({ length: values.length }, (_, i) => halves[2 * i + low]!);
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
