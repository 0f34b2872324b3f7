import { type Bootstrap, LEVEL, spreadOf } from '../metrics/bootstrap.ts';
import type { ConfusionMatrix, Curves } from '../metrics/types.ts';

/** What the resamples of the images say, small enough for report.json. */
export interface ReportedBootstrap {
  readonly resamples: number;
  /** How often an interval is to hold the true drop. */
  readonly level: number;
  /** The interval of the drop of each figure that was resampled. */
  readonly figures: Readonly<Record<string, Interval>>;
  /** The interval of each class's drop of mAP50-95. */
  readonly perClass: readonly (Interval & { readonly id: number })[];
  /** How the drops of the deciding figure lie: `counts` of equally wide bins from `low` to `high`. */
  readonly histogram: Interval & { readonly counts: readonly number[] };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** One model's lines, each over `CURVE_POINTS` values from 0 to 1: confidence, or recall for `PR`. */
export interface ReportedCurves {
  /** Confidence of the best F1, where P and R are read. */
  readonly best: number;
  /** Mean over the classes. */
  readonly mean: Readonly<Record<'P' | 'R' | 'F1' | 'PR', readonly number[]>>;
  readonly perClass: readonly { readonly id: number; readonly PR: readonly number[] }[];
}

/** Which class was taken for which, without the zeros; the number after the last class stands for the background. */
export interface ReportedConfusion {
  readonly classes: number;
  readonly cells: readonly (readonly [predicted: number, actual: number, count: number])[];
}

/** Points of the lines in the report: as many as a chart can show. */
export const CURVE_POINTS = 101;
const BINS = 40;
const LINES = ['P', 'R', 'F1', 'PR'] as const;

/** The intervals of all resampled drops. @param decisive the figure whose drops the histogram shows. */
export function reportedBootstrap(bootstrap: Bootstrap, decisive: string): ReportedBootstrap {
  const intervals = [...bootstrap.drops].flatMap(([key, drops]) => {
    const spread = spreadOf(drops);
    return spread ? [[key, intervalOf(spread)] as const] : [];
  });
  const decisiveDrops = [...bootstrap.drops].find(([key]) => key === decisive)?.[1] ?? new Float64Array();
  return {
    resamples: bootstrap.resamples,
    level: LEVEL,
    figures: Object.fromEntries(intervals),
    perClass: [...bootstrap.perClass].flatMap(([id, drops]) => {
      const spread = spreadOf(drops);
      // A class in a single image has no spread that could be shown.
      return spread && spread.high > spread.low ? [{ id, ...intervalOf(spread) }] : [];
    }),
    histogram: histogram(decisiveDrops.filter((drop) => !Number.isNaN(drop))),
  };
}

export function reportedCurves({ axis, best, perClass }: Curves): ReportedCurves {
  const mean = (line: (typeof LINES)[number]) =>
    sampled(
      axis.length,
      (i) => perClass.reduce((sum, curves) => sum + curves[line][i], 0) / Math.max(perClass.length, 1),
    );
  return {
    best: axis[best] ?? 0,
    mean: { P: mean('P'), R: mean('R'), F1: mean('F1'), PR: mean('PR') },
    perClass: perClass.map(({ id, PR }) => ({ id, PR: sampled(PR.length, (i) => PR[i]) })),
  };
}

export function reportedConfusion({ nc, counts }: ConfusionMatrix): ReportedConfusion {
  const side = nc + 1;
  const cells = [...counts]
    .toSorted(([one], [other]) => one - other)
    .map(([i, count]) => [Math.floor(i / side), i % side, count] as const);
  return { classes: nc, cells };
}

function intervalOf({ low, high }: Interval): Interval {
  return { low, high };
}

function histogram(drops: Float64Array): ReportedBootstrap['histogram'] {
  const low = drops.reduce((least, drop) => Math.min(least, drop), Number.POSITIVE_INFINITY);
  const high = drops.reduce((most, drop) => Math.max(most, drop), Number.NEGATIVE_INFINITY);
  if (!(high > low))
    return { low: drops[0] ?? 0, high: drops[0] ?? 0, counts: drops.length > 0 ? [drops.length] : [] };
  const counts = new Array<number>(BINS).fill(0);
  for (const drop of drops) counts[Math.min(BINS - 1, Math.floor(((drop - low) / (high - low)) * BINS))]!++;
  return { low, high, counts };
}

/** Evenly spaced points of a line, to four decimals. */
function sampled(length: number, value: (index: number) => number): number[] {
  return Array.from({ length: CURVE_POINTS }, (_, i) => {
    const point = value(Math.round((i * (length - 1)) / (CURVE_POINTS - 1)));
    return Math.round(point * 1e4) / 1e4;
  });
}
