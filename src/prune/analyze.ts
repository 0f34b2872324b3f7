import type { ModelFile } from '../onnx/model-file.ts';
import { l1 } from './l1.ts';
import { prunableLayers } from './prunable-layers.ts';
import { countZeros, sum } from './prune-model.ts';

/** Amounts at which each layer is tried. */
export const TRIED_AMOUNTS = [0.1, 0.3, 0.5] as const;

/** One Conv weight of a model as it is, and what pruning would take from it. */
export interface AnalyzedLayer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weights: number;
  readonly zeros: number;
  /** Share of the layer's Σ w² that `l1` takes at each of {@link TRIED_AMOUNTS}: the layer's sensitivity by its weights alone. */
  readonly energyLost: readonly number[];
  /** Share of the detections that are lost when `l1` takes 30 % of this layer alone; `null` where no images were looked at. */
  readonly detectionsLost: number | null;
}

/** A model's Conv weights, layer by layer. */
export interface Analysis {
  readonly layers: readonly AnalyzedLayer[];
  /** Conv weights that no method changes: the constants of a DFL head. */
  readonly constants: readonly string[];
  readonly weights: number;
  readonly zeros: number;
}

/**
 * Looks at every Conv weight that may be pruned, in graph order: how much of its weights' energy a layer would lose says
 * which layers are likely to give most, and what was measured on images says it better.
 *
 * @param detectionsLost by name; `null` where nothing was measured.
 * @throws {UserError} when the Conv weights cannot be found or changed, see {@link prunableLayers}.
 */
export function analyzeModel(model: ModelFile, detectionsLost: ReadonlyMap<string, number> | null): Analysis {
  const { learnt, names } = prunableLayers(model, []);
  const pruned = TRIED_AMOUNTS.map((amount) => l1(learnt, amount));
  const layers = learnt.map(({ name, shape, values }, i): AnalyzedLayer => {
    const energy = energyOf(values);
    return {
      name,
      shape,
      weights: values.length,
      zeros: countZeros(values),
      energyLost: pruned.map((results) => (energy === 0 ? 0 : 1 - energyOf(results[i] ?? values) / energy)),
      detectionsLost: detectionsLost && (detectionsLost.get(name) ?? 0),
    };
  });
  const learntNames = new Set(layers.map(({ name }) => name));
  return {
    layers,
    constants: names.filter((name) => !learntNames.has(name)),
    weights: sum(layers.map((layer) => layer.weights)),
    zeros: sum(layers.map((layer) => layer.zeros)),
  };
}

function energyOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value ** 2;
  return sum;
}
