import { mulberry32, sampleIndices } from '../calibrate/random.ts';
import type { Family } from '../protocol.ts';
import {
  type FigureColumns,
  type FigureCounter,
  type FigureKey,
  figureColumns,
  figureCounter,
} from './bootstrap-figures.ts';
import { LANES, packLanes } from './bootstrap-lanes.ts';
import type { ImageStatistics } from './types.ts';

export type { FigureKey } from './bootstrap-figures.ts';

/** Resamples that a standard error is read from. */
export const RESAMPLES = 1000;

/** One seed for all: a run that is repeated says the same. */
const SEED = 20_100_609;

/** How often an interval is to hold the true drop. */
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
  /** before − after per resample, moved to have the plain difference as their mean; NaN where the resample has no label that counts for the figure. */
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

/** All that resampling asks for: plain arrays that threads can hand over. */
export interface ResamplingPlan {
  readonly images: number;
  readonly resamples: number;
  readonly seed: number;
  readonly figures: readonly FigureKey[];
  /** Classes that have labels, ascending. */
  readonly classes: Int32Array;
  readonly before: FigureColumns;
  readonly after: FigureColumns;
}

/** The drops in some weightings of the images. */
export interface Drops {
  /** before − after; NaN where the weighting has no label that counts for the figure. */
  readonly figures: ReadonlyMap<FigureKey, Float64Array>;
  /** Likewise the family's mAP50-95, by the class's place in the plan. */
  readonly perClass: readonly Float64Array[];
}

/**
 * Sorts what is to be resampled.
 *
 * @param before the unpruned model's statistics, by path.
 * @param after the pruned model's, of the same images in the same order.
 */
export function planResampling(
  before: readonly ImageStatistics[],
  after: readonly ImageStatistics[],
  { family, figures, resamples = RESAMPLES, seed = SEED }: BootstrapOptions,
): ResamplingPlan {
  if (before.length !== after.length || before.some(({ path }, i) => path !== after[i].path))
    throw new Error('The two models were not run on the same images.');
  const wanted = new Set(figures);
  const [unpruned, pruned] = [before, after].map((images) => figureColumns(images, family, wanted));
  return {
    images: before.length,
    resamples,
    seed,
    figures: [...wanted],
    classes: unpruned!.labels.classes,
    before: unpruned!,
    after: pruned!,
  };
}

/** Counts drops in any weightings of the images. */
export class DropCounter {
  readonly #plan: ResamplingPlan;
  readonly #counters: readonly [FigureCounter, FigureCounter];

  constructor(plan: ResamplingPlan) {
    this.#plan = plan;
    this.#counters = [figureCounter(plan.before), figureCounter(plan.after)];
  }

  /**
   * The drops of resamples number `from` up to `to`, each a half of the images, and every second one the other half of the one
   * before: the same in whatever parts they are counted.
   */
  resample(from: number, to: number): Drops {
    const { images, seed } = this.#plan;
    const half = images >> 1;
    return this.#count(to - from, (place, weights) => {
      const pair = (from + place) >> 1;
      const isOtherHalf = (from + place) % 2;
      weights.fill(isOtherHalf);
      for (const image of sampleIndices(mulberry32(seed, pair * half), images, half))
        weights[image] = 1 - isOtherHalf;
    });
  }

  /** The drops where each image is there once. */
  once(): Drops {
    return this.#count(1, (_, weights) => weights.fill(1));
  }

  /** @param weigh fills in the weights, which are 0, of a weighting. */
  #count(weightings: number, weigh: (weighting: number, weights: Uint16Array) => void): Drops {
    const { images, figures, classes } = this.#plan;
    const drops = new Map(figures.map((key) => [key, new Float64Array(weightings)]));
    const perClass = Array.from(classes, () => new Float64Array(weightings));
    for (let start = 0; start < weightings; start += LANES) {
      const lanes = Array.from({ length: Math.min(LANES, weightings - start) }, (_, lane) => {
        const weights = new Uint16Array(images);
        weigh(start + lane, weights);
        return weights;
      });
      const packed = packLanes(lanes);
      const [unpruned, pruned] = this.#counters.map((count) => count(packed));
      for (const lane of lanes.keys()) {
        for (const [key, drop] of drops) {
          const before = unpruned![lane].figures[key]!;
          drop[start + lane] = before < 0 ? Number.NaN : before - pruned![lane].figures[key]!;
        }
        for (const [slot, drop] of perClass.entries()) {
          drop[start + lane] = unpruned![lane].perClass[slot] - pruned![lane].perClass[slot];
        }
      }
    }
    return { figures: drops, perClass };
  }
}

/**
 * Paired half-sample bootstrap over images: draws halves of the images, the same for both models, and counts the figures of each.
 * They spread about the figures of all images as these do about those of all there could be, since a half is by as much less
 * than the whole as the whole is than twice as many.
 *
 * Resamples with replacement, as in the first source, hold images several times. Average precision, the highest precision from each recall
 * on, takes that for more than it is, above all with few labels a class: their intervals hold the true drop less often
 * (docs/report.md).
 *
 * Sources: Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective, IJCV 2015, section 3.5; Shao and Wu, A
 * General Theory for Jackknife Variance Estimation, Annals of Statistics 1989 (halves: d = n ÷ 2).
 *
 * @param before the unpruned model's statistics, by path.
 * @param after the pruned model's, of the same images in the same order.
 */
export function bootstrap(
  before: readonly ImageStatistics[],
  after: readonly ImageStatistics[],
  options: BootstrapOptions,
): Bootstrap {
  const plan = planResampling(before, after, options);
  const counter = new DropCounter(plan);
  return bootstrapOf(plan, counter.once(), [counter.resample(0, plan.resamples)]);
}

/** Puts resamples together that were counted in parts, in order. @param once the drops of the images themselves. */
export function bootstrapOf(plan: ResamplingPlan, once: Drops, parts: readonly Drops[]): Bootstrap {
  const whole = (pick: (part: Drops) => Float64Array) => {
    const drops = new Float64Array(plan.resamples);
    let next = 0;
    for (const part of parts.map(pick)) {
      drops.set(part, next);
      next += part.length;
    }
    centre(drops, pick(once)[0]!);
    return drops;
  };
  return {
    resamples: plan.resamples,
    images: plan.images,
    drops: new Map(plan.figures.map((key) => [key, whole(({ figures }) => figures.get(key)!)])),
    perClass: new Map(Array.from(plan.classes, (id, slot) => [id, whole(({ perClass }) => perClass[slot])])),
  };
}

/**
 * Moves the resamples so that their mean is the plain difference: they say how far it may be off, not where it is. Average
 * precision flatters few images; but how much the mean is beside the plain difference is mostly chance, so that a correction by it adds
 * to the error instead (measured in docs/report.md).
 */
function centre(drops: Float64Array, drop: number): void {
  const known = drops.filter((value) => !Number.isNaN(value));
  const beside = known.reduce((sum, value) => sum + value, 0) / known.length - drop;
  for (let i = 0; i < drops.length; i++) drops[i] -= beside;
}

/** Half the width of a {@link LEVEL} interval in standard errors. */
export const Z = 1.959963984540054;

/**
 * The interval of one drop, the plain difference ± 1.96 standard errors of the resamples; `null` where more than half of the
 * resamples have no figure.
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.2 (the standard normal interval).
 */
export function spreadOf(drops: Float64Array): Spread | null {
  const known = drops.filter((drop) => !Number.isNaN(drop));
  if (known.length * 2 <= drops.length) return null;
  const mean = known.reduce((sum, drop) => sum + drop, 0) / known.length;
  const squares = known.reduce((sum, drop) => sum + (drop - mean) ** 2, 0);
  const standardError = Math.sqrt(squares / Math.max(known.length - 1, 1));
  return { low: mean - Z * standardError, high: mean + Z * standardError, standardError };
}
