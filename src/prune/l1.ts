import { roundHalfEven } from '../round.ts';
import { magnitudeCut, zeroUpTo } from './least-magnitudes.ts';
import { smallestIndices } from './smallest.ts';
import type { PruneMethod } from './types.ts';

/**
 * torch's `l1_unstructured` on every layer by itself, to the bit: the `round(amount · count)` weights of least absolute
 * value are multiplied by zero (so a negative weight becomes -0).
 *
 * Source: torch/nn/utils/prune.py, L1Unstructured.compute_mask; used by yolov5's `prune` (utils/torch_utils.py:213).
 */
export const l1: PruneMethod = (layers, amount) =>
  layers.map(({ values }) => {
    const pruned = values.slice();
    const count = roundHalfEven(amount * pruned.length);
    if (count === 0) return pruned;
    const cut = magnitudeCut(pruned, count);
    if (cut !== null && Number.isFinite(cut)) zeroUpTo(cut, pruned);
    else for (const index of smallestIndices(pruned.map(Math.abs), count)) pruned[index]! *= 0;
    return pruned;
  });
