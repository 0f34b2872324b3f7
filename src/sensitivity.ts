import type { Checked } from './check.ts';
import type { Log } from './log.ts';
import { progressOf } from './progress.ts';
import { giveBack } from './prune/give-back.ts';
import type { PrunedModel } from './prune/prune-model.ts';
import type { ScratchFolder } from './scratch.ts';
import { disagreement, type Trials } from './trials.ts';

/** Images on which it is measured what each layer costs. */
export const COST_IMAGES = 16;

/** What pruning one layer costs. */
export interface LayerCost {
  readonly name: string;
  readonly zeros: number;
  /** Share of the unpruned model's detections that a model lacks in which this layer alone is pruned, from 0 to 1. */
  readonly lost: number;
}

/**
 * Measures what each pruned layer costs by itself. No labels are needed, and the measure moves with every weight, where mAP
 * moves in steps.
 *
 * @param checked the unpruned model, and where it is for ONNX Runtime.
 * @returns one entry a layer that has become zeros, in graph order.
 */
export async function layerCosts(
  trials: Trials,
  { model, modelFile }: Pick<Checked, 'model' | 'modelFile'>,
  pruned: PrunedModel,
  scratch: ScratchFolder,
  log: Log,
): Promise<readonly LayerCost[]> {
  const layers = pruned.layers.filter(({ name, zeros }) => zeros > 0 && !pruned.excluded.includes(name));
  const reference = await trials.detect(modelFile, COST_IMAGES);
  log.info(`Measures what each of ${layers.length} layers costs, on ${reference.size} images`);
  const step = progressOf(log, layers.length, 'layers');
  const costs: LayerCost[] = [];
  for (const { name, zeros } of layers) {
    const others = new Set(layers.map((layer) => layer.name));
    others.delete(name);
    const { bytes } = giveBack(model, pruned, others);
    const found = await trials.detect(scratch.write('alone.onnx', bytes), COST_IMAGES);
    costs.push({ name, zeros, lost: disagreement(reference, found) });
    step();
  }
  return costs;
}
