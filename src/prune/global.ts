import { leastOverAllLayers, zeroed } from './over-all-layers.ts';
import type { PruneMethod } from './types.ts';

/**
 * The weights of least absolute value over all layers together.
 *
 * Source: torch/nn/utils/prune.py, global_unstructured with L1Unstructured.
 */
export const global: PruneMethod = (layers, amount) =>
  zeroed(
    layers,
    leastOverAllLayers(
      layers.map(({ values }) => values.map(Math.abs)),
      amount,
    ),
  );
