import type { ConvWeight } from '../onnx/conv-weights.ts';
import type { ModelFile } from '../onnx/model-file.ts';
import { readValues, writeValues } from '../onnx/stored-tensor.ts';
import { prunableLayers } from './prunable-layers.ts';
import { describePruned, type PrunedModel, type WrittenLayer, writtenLayer } from './prune-model.ts';

/**
 * A pruned copy in which some layers have all of their values back, as if `exclude` had named them.
 *
 * @param names of these layers' weights.
 */
export function giveBack(model: ModelFile, pruned: PrunedModel, names: ReadonlySet<string>): PrunedModel {
  const layers = prunableLayers(model, []);
  const bytes = pruned.bytes.slice();
  const alone = new Set([...pruned.excluded, ...names]);
  const written = new Map<ConvWeight, WrittenLayer>();
  for (const layer of layers.learnt) {
    const { name, conv } = layer;
    if (names.has(name)) {
      writeValues(bytes, conv.tensor, layer.values);
      for (const { bias } of conv.uses) if (bias) writeValues(bytes, bias, readValues(model.bytes, bias));
    }
    if (!alone.has(name)) written.set(conv, writtenLayer(layer.values, readValues(bytes, conv.tensor)));
  }
  const errors = new Map(
    pruned.layers.map(({ name, outputError }) => [name, names.has(name) ? null : outputError]),
  );
  const described = describePruned(model, bytes, layers, written, pruned, errors);
  return { ...described, unusedExcludes: pruned.unusedExcludes };
}
