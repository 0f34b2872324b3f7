import picomatch from 'picomatch';
import { type ConvWeight, findConvWeights } from '../onnx/conv-weights.ts';
import type { ModelFile } from '../onnx/model-file.ts';
import { readValues, writeValues } from '../onnx/stored-tensor.ts';
import { METHODS, type MethodName } from './methods.ts';
import type { Layer } from './types.ts';

export interface PruneOptions {
  readonly method: MethodName;
  /** Share of every Conv weight that becomes zero, in (0, 1). */
  readonly amount: number;
  /** Globs over Conv node and weight names; `*` matches any characters, `/` and `.` included. */
  readonly exclude: readonly string[];
}

/** One Conv weight after pruning. */
export interface PrunedLayer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weights: number;
  readonly zeros: number;
}

/** A pruned copy of a model file, and what was done to it. */
export interface PrunedModel {
  readonly bytes: Uint8Array;
  /** False when every byte is as it was: the model had been pruned like this before. */
  readonly changed: boolean;
  readonly method: MethodName;
  readonly amount: number;
  /** All Conv weights but the constants of a DFL head, in graph order. */
  readonly layers: readonly PrunedLayer[];
  /** Names of the Conv weights left alone: constants, and what `exclude` names. */
  readonly excluded: readonly string[];
  /** Globs of `exclude` that matched nothing. */
  readonly unusedExcludes: readonly string[];
  readonly weights: number;
  readonly zeros: number;
  /** zeros ÷ weights. */
  readonly sparsity: number;
}

/**
 * Prunes a copy of the model: only bytes of Conv weights differ from the original.
 *
 * @throws {UserError} when the Conv weights cannot be found or changed, see {@link findConvWeights}.
 */
export function pruneModel(model: ModelFile, { method, amount, exclude }: PruneOptions): PrunedModel {
  const all = findConvWeights(model).map((conv) => ({ conv, values: readValues(model.bytes, conv.tensor) }));
  const isExcluded = exclude.map((glob) => ({ glob, matches: picomatch(glob, { bash: true, dot: true }) }));
  const names = ({ name, nodes }: ConvWeight) => [name, ...nodes];
  const constants = all.filter(({ conv, values }) => isDflConstant(conv.shape, values));
  const prunable = all.filter((entry) => !constants.includes(entry));
  const chosen = prunable.filter(
    ({ conv }) => !isExcluded.some(({ matches }) => names(conv).some((name) => matches(name))),
  );

  const layers: Layer[] = chosen.map(({ conv, values }) => ({ name: conv.name, shape: conv.shape, values }));
  const after = new Map(METHODS[method](layers, amount).map((values, i) => [chosen[i]!.conv, values]));
  const bytes = model.bytes.slice();
  for (const [conv, values] of after) writeValues(bytes, conv.tensor, values);

  const prunedLayers = prunable.map(({ conv, values }) => ({
    name: conv.name,
    shape: conv.shape,
    weights: values.length,
    zeros: countZeros(after.get(conv) ?? values),
  }));
  const weights = sum(prunedLayers.map((layer) => layer.weights));
  const zeros = sum(prunedLayers.map((layer) => layer.zeros));
  return {
    bytes,
    changed: Buffer.compare(bytes, model.bytes) !== 0,
    method,
    amount,
    layers: prunedLayers,
    excluded: all.filter(({ conv }) => !after.has(conv)).map(({ conv }) => conv.name),
    unusedExcludes: isExcluded
      .filter(({ matches }) => !all.some(({ conv }) => names(conv).some((name) => matches(name))))
      .map(({ glob }) => glob),
    weights,
    zeros,
    sparsity: zeros / weights,
  };
}

/**
 * Whether a Conv weight is the fixed ramp 0, 1, 2, … of a distribution focal loss head (YOLOv8/11, `*dfl.conv.weight`):
 * not a learnt weight, and zeroing part of it would bend every box.
 */
export function isDflConstant(shape: readonly number[], values: Float32Array): boolean {
  const [out, channels, height, width] = shape;
  if (out !== 1 || height !== 1 || width !== 1 || channels! < 2) return false;
  return values.every((value, index) => value === index);
}

function countZeros(values: Float32Array): number {
  let zeros = 0;
  for (const value of values) if (value === 0) zeros++;
  return zeros;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
