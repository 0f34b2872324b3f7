import type { MetricName } from './metric-names.ts';

/** A drop that is still accepted: absolute, or as a share of the unpruned model's figure. */
export interface MaxDrop {
  readonly value: number;
  readonly relative: boolean;
}

/** How sure a drop must be to fail: see {@link CONFIDENCES}. */
export type Confidence = (typeof CONFIDENCES)[number];

/**
 * `point`: the plain difference decides. `certain`: fails only where the 95 % interval of the drop lies above the threshold.
 * `safe`: fails unless the interval lies below it.
 */
export const CONFIDENCES = ['point', 'certain', 'safe'] as const;

/** What one metric must keep. */
export interface MetricRule {
  readonly metric: MetricName;
  readonly maxDrop: MaxDrop | null;
  /** The least figure that the pruned model must reach. */
  readonly min: number | null;
}

/** What every class must keep, by the family's mAP50-95. */
export interface PerClassRule {
  readonly maxDrop: MaxDrop;
  /** Classes with fewer labels are not judged. */
  readonly minLabels: number;
}

/** The rules of the input `thresholds`. */
export interface Thresholds {
  readonly metrics: readonly MetricRule[];
  readonly perClass: PerClassRule | null;
  /** How much longer an image may take, as a share of the unpruned model's median time. */
  readonly maxSlower: number | null;
  /** The most bytes that the pruned model may take gzipped. */
  readonly maxBytes: number | null;
}

export const NO_THRESHOLDS: Thresholds = { metrics: [], perClass: null, maxSlower: null, maxBytes: null };

/** What one rule found. */
export interface RuleResult {
  /** The rule as the user would write it: `max-drop`, `thresholds: per-class: max-drop`, … */
  readonly rule: string;
  /** What it is about: a metric, a class, the file, the time. */
  readonly subject: string;
  readonly pass: boolean;
  readonly measured: number;
  readonly limit: number;
  /** One sentence with the figures, whether it passed or not. */
  readonly says: string;
}

/** How far past its limit a result is, the same for all kinds of rules: 1 is just at it. */
export function excess({ rule, measured, limit }: RuleResult): number {
  const [more, less] =
    rule.endsWith('min-metric') || rule.endsWith('min') ? [limit, measured] : [measured, limit];
  return less > 0 ? more / less : Number.POSITIVE_INFINITY;
}

/** Differences below this are rounding of sums, not a drop. */
const ROUNDING = 1e-9;

/** Whether a value is more than a limit, rounding aside. */
export function exceeds(value: number, limit: number): boolean {
  return value > limit + ROUNDING;
}

/** The accepted drop in the figure's own unit. */
export function acceptedDrop({ value, relative }: MaxDrop, before: number): number {
  return relative ? value * before : value;
}

export function describeAccepted({ value, relative }: MaxDrop, before: number): string {
  const accepted = acceptedDrop({ value, relative }, before).toFixed(4);
  return relative ? `${accepted} (${percent(value)} of ${before.toFixed(4)})` : accepted;
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}
