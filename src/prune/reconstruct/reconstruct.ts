import { findSites, segmentsOf } from '../../calibrate/sites.ts';
import {
  type CalibrationOptions,
  collectStatistics,
  type SiteStatistics,
} from '../../calibrate/statistics.ts';
import type { ModelFile } from '../../onnx/model-file.ts';
import { writeValues } from '../../onnx/stored-tensor.ts';
import { roundHalfEven } from '../../round.ts';
import { parseMethod } from '../methods.ts';
import { type Pattern, patternFits } from '../n-m.ts';
import { type ModelLayer, type PrunableLayers, prunableLayers } from '../prunable-layers.ts';
import { describePruned, type PrunedModel, type PruneOptions, writeLayers, zerosOf } from '../prune-model.ts';
import { type BiasMean, meansOf, shiftedBiases } from './bias.ts';
import { type Budget, sharedOut } from './budgets.ts';
import type { LayerProblem, Target } from './layer-solver.ts';
import type { ReconstructPool } from './pool.ts';

/** A model pruned with the help of calibration images. */
export interface ReconstructedModel extends PrunedModel {
  /** Calibration images that could not be decoded and do not count. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** What does not depend on the amount. */
interface Looked {
  readonly problems: readonly LayerProblem[];
  /** The biases of each layer that can take up what changes on average, with what their Conv saw. */
  readonly means: readonly (readonly BiasMean[])[];
  readonly unreadable: ReconstructedModel['unreadable'];
}

/**
 * Prunes copies of a model so that each Conv puts out nearly what it did: what the Convs see on calibration images says
 * which weights can go, and how the others take their part. The images are looked at once, for all amounts.
 *
 * How many go in which layer is found over all layers by one threshold on {@link LayerProblem}'s OBS scores; an N:M
 * pattern has its own share. A model that already has as many zeros stays as it is.
 */
export class Reconstruction {
  readonly #pool: ReconstructPool;
  readonly #model: ModelFile;
  readonly #method: PruneOptions['method'];
  readonly #pattern: Pattern | null;
  readonly #layers: PrunableLayers;
  readonly #affected: readonly ModelLayer[];
  readonly #calibration: CalibrationOptions;
  readonly #budget: Budget;
  #looked: Promise<Looked> | null = null;
  #scores: Promise<readonly Float32Array[]> | null = null;

  /** @throws {UserError} when the Conv weights cannot be found or changed, see {@link prunableLayers}. */
  constructor(
    pool: ReconstructPool,
    model: ModelFile,
    { method, exclude }: Pick<PruneOptions, 'method' | 'exclude'>,
    calibration: CalibrationOptions,
    budget: Budget = 'obs',
  ) {
    const parsed = parseMethod(method);
    if (!parsed?.calibrated) throw new Error(`${method} is no method that takes calibration images.`);
    const { pattern } = parsed;
    this.#pool = pool;
    this.#model = model;
    this.#method = method;
    this.#pattern = pattern;
    this.#layers = prunableLayers(model, exclude);
    this.#affected = this.#layers.chosen.filter((layer) => pattern === null || patternFits(layer, pattern));
    this.#calibration = calibration;
    this.#budget = budget;
  }

  /** @param amount share of the weights that becomes zero; an N:M pattern has its own. */
  async prune(amount: number): Promise<ReconstructedModel> {
    const pattern = this.#pattern;
    const isDone = alreadyPruned(this.#affected, pattern ? 1 - pattern.n / pattern.m : amount);
    const { solved, biases, unreadable } = isDone
      ? { solved: null, biases: [], unreadable: [] }
      : await this.#solve(amount);
    const after = new Map(this.#affected.map((layer, i) => [layer, solved?.[i]?.values ?? layer.values]));
    const bytes = this.#model.bytes.slice();
    const written = writeLayers(
      bytes,
      this.#layers.chosen,
      this.#layers.chosen.map((layer) => after.get(layer) ?? null),
    );
    for (const { tensor, values: shifted } of biases) writeValues(bytes, tensor, shifted);
    const options = { method: this.#method, amount };
    const errors = new Map(this.#affected.map(({ name }, i) => [name, solved?.[i]?.outputError ?? null]));
    return { ...describePruned(this.#model, bytes, this.#layers, written, options, errors), unreadable };
  }

  async #solve(amount: number) {
    this.#looked ??= this.#look();
    const { problems, means, unreadable } = await this.#looked;
    const targets = this.#pattern
      ? problems.map((): Target => ({ pattern: this.#pattern! }))
      : (await this.#budgets(problems, amount)).map((counts): Target => ({ counts }));
    const solved = await inParallel(problems, (problem, i) =>
      this.#pool.run('solve', { problem, target: targets[i]! }),
    );
    const biases = this.#affected.flatMap((layer, i) =>
      shiftedBiases(this.#model, layer, means[i]!, problems[i]!.segments, solved[i]!.values),
    );
    return { solved, biases, unreadable };
  }

  async #look(): Promise<Looked> {
    const sites = findSites(this.#affected.map(({ conv }) => conv));
    const { sites: found, unreadable } = await collectStatistics(
      this.#pool,
      this.#model,
      sites.sites,
      this.#calibration,
    );
    const seen = this.#affected.map((_, i) => sites.ofLayer[i]!.map((index) => found[index]!));
    const means = this.#affected.map((layer, i) => meansOf(layer, seen[i]!));
    const problems = this.#affected.map((layer, i) => problemOf(layer, seen[i]!, means[i]!));
    return { problems, means, unreadable };
  }

  /** How many weights go in each segment of each layer. */
  #budgets(problems: readonly LayerProblem[], amount: number): Promise<readonly (readonly number[])[]> {
    return sharedOut(problems, amount, this.#budget, () => {
      this.#scores ??= inParallel(problems, (problem) => this.#pool.run('score', problem)).then((scores) =>
        scores.flat(),
      );
      return this.#scores;
    });
  }
}

function alreadyPruned(layers: readonly ModelLayer[], amount: number): boolean {
  const { zeros, weights } = zerosOf(layers);
  return zeros >= roundHalfEven(amount * weights);
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
  seen: readonly SiteStatistics[],
  means: readonly BiasMean[],
): LayerProblem {
  const segments = segmentsOf(conv.group, shape[1], shape[2] * shape[3]);
  const sources = seen.map(({ products }) => products);
  return { shape, group: conv.group, values, segments, sources, centres: means.map(({ centre }) => centre) };
}
