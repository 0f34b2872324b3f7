import type { Moments } from '../../calibrate/moments.ts';
import { findSites, type Sites, segmentsOf } from '../../calibrate/sites.ts';
import { type CalibrationOptions, collectStatistics } from '../../calibrate/statistics.ts';
import type { ModelFile } from '../../onnx/model-file.ts';
import { roundHalfEven } from '../../round.ts';
import { parseMethod } from '../methods.ts';
import { patternFits } from '../n-m.ts';
import { leastOverAllLayers } from '../over-all-layers.ts';
import { type ModelLayer, prunableLayers } from '../prunable-layers.ts';
import { describePruned, type PrunedModel, type PruneOptions, writeLayers } from '../prune-model.ts';
import type { LayerProblem, Target } from './layer-solver.ts';
import type { ReconstructPool } from './pool.ts';

/** A model pruned with the help of calibration images. */
export interface ReconstructedModel extends PrunedModel {
  /** Calibration images that could not be decoded and do not count. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Prunes a copy of the model so that each Conv puts out nearly what it did: what the Convs see on calibration images says
 * which weights can go, and how the others take their part.
 *
 * How many go in which layer is found over all layers by one threshold on {@link LayerProblem}'s OBS scores; an N:M
 * pattern has its own share. A model that already has as many zeros stays as it is.
 *
 * @throws {UserError} when the Conv weights cannot be found or changed, see {@link prunableLayers}.
 */
export async function reconstructModel(
  pool: ReconstructPool,
  model: ModelFile,
  { method, amount, exclude }: PruneOptions,
  calibration: CalibrationOptions,
): Promise<ReconstructedModel> {
  const parsed = parseMethod(method);
  if (!parsed?.calibrated) throw new Error(`${method} is no method that takes calibration images.`);
  const { pattern } = parsed;
  const layers = prunableLayers(model, exclude);
  const affected = layers.chosen.filter((layer) => pattern === null || patternFits(layer, pattern));
  const bytes = model.bytes.slice();
  const done = alreadyPruned(affected, pattern ? 1 - pattern.n / pattern.m : amount);
  const { values, unreadable } = done
    ? { values: affected.map((layer) => layer.values), unreadable: [] }
    : await reconstruct(pool, model, affected, pattern ? { pattern } : { amount }, calibration);
  const after = new Map(affected.map((layer, i) => [layer, values[i]!]));
  const written = writeLayers(
    bytes,
    layers,
    layers.chosen.map((layer) => after.get(layer) ?? null),
  );
  return { ...describePruned(model, bytes, layers, written, { method, amount }), unreadable };
}

function alreadyPruned(layers: readonly ModelLayer[], amount: number): boolean {
  let [zeros, count] = [0, 0];
  for (const { values } of layers) {
    count += values.length;
    for (const value of values) if (value === 0) zeros++;
  }
  return zeros >= roundHalfEven(amount * count);
}

type Wanted = { readonly amount: number } | Extract<Target, { pattern: unknown }>;

async function reconstruct(
  pool: ReconstructPool,
  model: ModelFile,
  layers: readonly ModelLayer[],
  wanted: Wanted,
  calibration: CalibrationOptions,
) {
  const sites = findSites(layers.map(({ conv }) => conv));
  const { moments, unreadable } = await collectStatistics(pool, model, sites.sites, calibration);
  const problems = layers.map((layer, i) => problemOf(layer, sites.ofLayer[i]!, moments));
  const targets =
    'pattern' in wanted
      ? problems.map((): Target => wanted)
      : (await budgets(pool, problems, wanted.amount)).map((counts): Target => ({ counts }));
  const values = await inParallel(problems, (problem, i) =>
    pool.run('solve', { problem, target: targets[i]! }),
  );
  return { values, unreadable };
}

/** How many weights go in each segment of each layer. */
async function budgets(
  pool: ReconstructPool,
  problems: readonly LayerProblem[],
  amount: number,
): Promise<readonly (readonly number[])[]> {
  const scores = await inParallel(problems, (problem) => pool.run('score', problem));
  const chosen = leastOverAllLayers(scores.flat(), amount).map((indices) => indices.length);
  let next = 0;
  return problems.map(({ segments }) => segments.map(() => chosen[next++]!));
}

/** Runs all, those with most columns first, so that no thread is left with the longest at the end. */
async function inParallel<T>(
  problems: readonly LayerProblem[],
  run: (problem: LayerProblem, index: number) => Promise<T>,
): Promise<readonly T[]> {
  const results = new Array<Promise<T>>(problems.length);
  const order = [...problems.keys()].sort((a, b) => work(problems[b]!) - work(problems[a]!) || a - b);
  for (const index of order) results[index] = run(problems[index]!, index);
  return Promise.all(results);
}

function work({ segments, shape }: LayerProblem): number {
  return segments.reduce((sum, { columns }) => sum + columns ** 3 + shape[0] * columns ** 2, 0);
}

function problemOf(
  { shape, values, conv }: ModelLayer,
  siteIndices: Sites['ofLayer'][number],
  moments: readonly Moments[],
): LayerProblem {
  const segments = segmentsOf(conv.group, shape[1], shape[2] * shape[3]);
  const seen = siteIndices.map((index) => moments[index]!.products);
  return { shape, group: conv.group, values, segments, moments: summed(seen) };
}

/** What a weight sees that several nodes share is what all of them see. */
function summed(parts: readonly Float64Array[]): Float64Array | null {
  const [first, ...others] = parts;
  if (!first) return null;
  if (others.length === 0) return first;
  const sum = first.slice();
  for (const part of others) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  return sum;
}
