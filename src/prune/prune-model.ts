import type { ConvWeight } from '../onnx/conv-weights.ts';
import type { ModelFile } from '../onnx/model-file.ts';
import { writeValues } from '../onnx/stored-tensor.ts';
import { type MethodName, parseMethod } from './methods.ts';
import { type ModelLayer, type PrunableLayers, prunableLayers } from './prunable-layers.ts';

export interface PruneOptions {
  readonly method: MethodName;
  /** Share of the weights that becomes zero, in (0, 1); an N:M pattern has its own. */
  readonly amount: number;
  /** Globs over Conv node and weight names, and `first-and-last`, see {@link prunableLayers}. */
  readonly exclude: readonly string[];
}

/** One Conv weight after pruning. */
export interface PrunedLayer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weights: number;
  readonly zeros: number;
  /** Share of Σ w² that the weights had which are zero now. */
  readonly energyLost: number;
  /**
   * Where calibration images were looked at: energy of what the layer puts out otherwise, as a share of the energy of its
   * output on them.
   */
  readonly outputError: number | null;
}

/** A pruned copy of a model file, and what was done to it. */
export interface PrunedModel {
  readonly bytes: Uint8Array;
  /** False when every byte is as it was: the model had been pruned like this before. */
  readonly changed: boolean;
  readonly method: MethodName;
  /** The share that was asked for, or that the N:M pattern has. */
  readonly amount: number;
  /** All Conv weights but the constants of a DFL head, in graph order. */
  readonly layers: readonly PrunedLayer[];
  /** Names of the Conv weights left alone: constants, what `exclude` names, and what an N:M pattern does not fit. */
  readonly excluded: readonly string[];
  /** Globs of `exclude` that matched nothing. */
  readonly unusedExcludes: readonly string[];
  readonly weights: number;
  readonly zeros: number;
  /** zeros ÷ weights. */
  readonly sparsity: number;
}

/**
 * Prunes a copy of the model by its weights alone: only bytes of Conv weights differ from the original.
 *
 * @throws {UserError} when the Conv weights cannot be found or changed, see {@link prunableLayers}.
 */
export function pruneModel(model: ModelFile, { method, amount, exclude }: PruneOptions): PrunedModel {
  const parsed = parseMethod(method);
  if (!parsed || parsed.calibrated) throw new Error(`${method} is no method that looks at weights alone.`);
  const layers = prunableLayers(model, exclude);
  const bytes = model.bytes.slice();
  const written = parsed.isLayerwise
    ? new Map(
        layers.chosen.flatMap((layer) => [...writeLayers(bytes, [layer], parsed.prune([layer], amount))]),
      )
    : writeLayers(bytes, layers.chosen, parsed.prune(layers.chosen, amount));
  return describePruned(model, bytes, layers, written, { method, amount });
}

/** What became of a layer that was written. */
export type WrittenLayer = Pick<PrunedLayer, 'zeros' | 'energyLost'>;

/** @param after the layer's new values. */
export function writtenLayer(before: Float32Array, after: Float32Array): WrittenLayer {
  const bits = new Int32Array(after.buffer, after.byteOffset, after.length);
  let [zeros, all, lost] = [0, 0, 0];
  for (let i = 0; i < bits.length; i++) {
    const energy = before[i]! ** 2;
    // Without a branch, which the processor could not foresee: 1 where all bits but the sign are 0.
    const isZero = ((bits[i]! & 0x7fff_ffff) - 1) >>> 31;
    zeros += isZero;
    all += energy;
    lost += isZero * energy;
  }
  return { zeros, energyLost: all > 0 && all < Infinity ? lost / all : 0 };
}

/**
 * Puts the layers' new values into a copy of the model; `null` leaves a layer alone.
 *
 * @returns what became of each that was written.
 */
export function writeLayers(
  bytes: Uint8Array,
  layers: readonly ModelLayer[],
  results: readonly (Float32Array | null)[],
): ReadonlyMap<ConvWeight, WrittenLayer> {
  const written = new Map<ConvWeight, WrittenLayer>();
  for (const [i, after] of results.entries()) {
    if (!after) continue;
    const { conv, values } = layers[i]!;
    writeValues(bytes, conv.tensor, after);
    written.set(conv, writtenLayer(values, after));
  }
  return written;
}

/**
 * The record of what was done to a model.
 *
 * @param written what became of each layer that was written.
 * @param outputErrors by layer name, see {@link PrunedLayer}; where they are known.
 */
export function describePruned(
  model: ModelFile,
  bytes: Uint8Array,
  { learnt, names, unusedExcludes }: PrunableLayers,
  written: ReadonlyMap<ConvWeight, WrittenLayer>,
  { method, amount }: Pick<PruneOptions, 'method' | 'amount'>,
  outputErrors: ReadonlyMap<string, number | null> = new Map(),
): PrunedModel {
  const pattern = parseMethod(method)?.pattern;
  const layers = learnt.map((layer) => ({
    name: layer.name,
    shape: layer.shape,
    weights: layer.conv.tensor.count,
    ...(written.get(layer.conv) ?? { zeros: countZeros(layer.values), energyLost: 0 }),
    outputError: outputErrors.get(layer.name) ?? null,
  }));
  const writtenNames = new Set([...written.keys()].map(({ name }) => name));
  const weights = sum(layers.map((layer) => layer.weights));
  const zeros = sum(layers.map((layer) => layer.zeros));
  return {
    bytes,
    changed: Buffer.compare(bytes, model.bytes) !== 0,
    method,
    amount: pattern ? 1 - pattern.n / pattern.m : amount,
    layers,
    excluded: names.filter((name) => !writtenNames.has(name)),
    unusedExcludes,
    weights,
    zeros,
    sparsity: zeros / weights,
  };
}

/** How many weights layers have, and how many of them are zero; each layer's values are read once. */
export function zerosOf(layers: readonly ModelLayer[]): { readonly zeros: number; readonly weights: number } {
  return {
    zeros: sum(layers.map(({ values }) => countZeros(values))),
    weights: sum(layers.map(({ conv }) => conv.tensor.count)),
  };
}

/** How many of the values are zero, negative zeros included. */
export function countZeros(values: Float32Array): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++;
  return zeros;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
