import { mulberry32 } from '../calibrate/random.ts';
import type { Family } from '../protocol.ts';
import { slotsOf } from './bootstrap-columns.ts';
import { type FigureKey, figureCounter } from './bootstrap-figures.ts';
import type { ImageStatistics } from './types.ts';

export type { FigureKey } from './bootstrap-figures.ts';

/** Resamples that percentiles are read from. */
export const RESAMPLES = 1000;

/** One seed for all: a run that is repeated says the same. */
const SEED = 20_100_609;

/** Share of the resamples that the interval holds. */
export const LEVEL = 0.95;

export interface BootstrapOptions {
  readonly family: Family;
  /** Figures whose drop is asked for. */
  readonly figures: readonly FigureKey[];
  readonly resamples?: number;
  readonly seed?: number;
}

/** The drop of each figure in each resample. */
export interface Bootstrap {
  readonly resamples: number;
  /** Images that were drawn from. */
  readonly images: number;
  /** before − after per resample, corrected for bias; NaN where the resample has no label that counts for the figure. */
  readonly drops: ReadonlyMap<FigureKey, Float64Array>;
  /** Likewise the family's mAP50-95 of each class that has labels. */
  readonly perClass: ReadonlyMap<number, Float64Array>;
}

/** What the resamples say about one drop. */
export interface Spread {
  /** Ends of the 95 % interval of the drop. */
  readonly low: number;
  readonly high: number;
  /** Standard error of the drop. */
  readonly standardError: number;
}

/**
 * Paired bootstrap over images: draws as many images as there are, with replacement, the same for both models, and counts
 * the figures of each draw. The drops are corrected for the bias of average precision on few images.
 *
 * Source: Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective, IJCV 2015, section 3.5; Efron and
 * Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
 *
 * @param before the unpruned model's statistics, by path.
 * @param after the pruned model's, of the same images in the same order.
 */
export function bootstrap(
  before: readonly ImageStatistics[],
  after: readonly ImageStatistics[],
  { family, figures, resamples = RESAMPLES, seed = SEED }: BootstrapOptions,
): Bootstrap {
  if (before.length !== after.length || before.some(({ path }, i) => path !== after[i].path))
    throw new Error('The two models were not run on the same images.');
  const wanted = new Set(figures);
  const counters = [before, after].map((images) => figureCounter(images, family, wanted)) as [
    Counter,
    Counter,
  ];
  const { classes } = slotsOf(before);
  const drops = new Map([...wanted].map((key) => [key, new Float64Array(resamples)]));
  const perClass = new Map([...classes].map((id) => [id, new Float64Array(resamples)]));
  const [unprunedOnce, prunedOnce] = counters.map((count) => count(new Uint16Array(before.length).fill(1)));
  const random = mulberry32(seed);
  const weights = new Uint16Array(before.length);
  for (let resample = 0; resample < resamples; resample++) {
    weights.fill(0);
    for (let i = 0; i < weights.length; i++) weights[Math.floor(random() * weights.length)]++;
    const [unpruned, pruned] = counters.map((count) => count(weights));
    for (const [key, drop] of drops) {
      const figureBefore = unpruned.figures[key]!;
      drop[resample] = figureBefore < 0 ? Number.NaN : figureBefore - pruned.figures[key]!;
    }
    for (const [slot, id] of classes.entries()) {
      perClass.get(id)![resample] = unpruned.perClass[slot] - pruned.perClass[slot];
    }
  }
  for (const [key, drop] of drops) correctBias(drop, unprunedOnce!.figures[key]! - prunedOnce!.figures[key]!);
  for (const [slot, id] of classes.entries()) {
    correctBias(perClass.get(id)!, unprunedOnce!.perClass[slot] - prunedOnce!.perClass[slot]);
  }
  return { resamples, images: before.length, drops, perClass };
}

/**
 * Takes out the bias of average precision, whose envelope flatters few images, and a weak model more than a strong one: a
 * resample has fewer different images than the data set, and so shows on a small scale by how much the data set itself says
 * too little of the drop.
 *
 * Source: Efron and Tibshirani 1993, chapter 10 (the bias-corrected estimate is twice the figure minus the resamples' mean).
 */
function correctBias(drops: Float64Array, drop: number): void {
  const known = drops.filter((value) => !Number.isNaN(value));
  const bias = known.reduce((sum, value) => sum + value, 0) / known.length - drop;
  for (let i = 0; i < drops.length; i++) drops[i] -= 2 * bias;
}

type Counter = ReturnType<typeof figureCounter>;

/** The interval of one drop; `null` where more than half of the resamples have no figure. */
export function spreadOf(drops: Float64Array): Spread | null {
  const sorted = drops.filter((drop) => !Number.isNaN(drop)).sort();
  if (sorted.length * 2 <= drops.length) return null;
  const mean = sorted.reduce((sum, drop) => sum + drop, 0) / sorted.length;
  const squares = sorted.reduce((sum, drop) => sum + (drop - mean) ** 2, 0);
  return {
    low: quantile(sorted, (1 - LEVEL) / 2),
    high: quantile(sorted, (1 + LEVEL) / 2),
    standardError: Math.sqrt(squares / Math.max(sorted.length - 1, 1)),
  };
}

/** Share of the resamples whose drop exceeds the threshold. */
export function shareAbove(drops: Float64Array, threshold: number): number {
  const known = drops.filter((drop) => !Number.isNaN(drop));
  return known.filter((drop) => drop > threshold).length / Math.max(known.length, 1);
}

/** A quantile on a line between the two nearest values (numpy's default). */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}
