import { type Bootstrap, spreadOf } from '../metrics/bootstrap.ts';
import type { Metrics } from '../metrics/types.ts';
import { upperTail } from './normal.ts';
import {
  acceptedDrop,
  type Confidence,
  describeAccepted,
  exceeds,
  type PerClassRule,
  type RuleResult,
} from './rules.ts';

/** How often a rule over all classes may fail by chance. */
const ALPHA = 0.05;

/** A class in fewer images has hardly a spread to resample, and would always seem sure. */
const LEAST_IMAGES = 5;

/** One class that has labels enough to be judged. */
interface JudgedClass {
  readonly id: number;
  readonly labels: number;
  readonly before: number;
  readonly after: number;
  readonly drop: number;
  readonly accepted: number;
  /** `null` where too few images hold the class to tell. */
  readonly standardError: number | null;
}

/**
 * Judges every class by its own drop. Of many classes some seem to fall by chance, so that a class is only found to break the
 * rule where its drop exceeds the limit with a p-value that stands Holm's correction for their number; with `safe` it breaks
 * the rule unless the drop stays below the limit that surely. p-values are those of a normal distribution with the
 * bootstrap's standard error: counting resamples could never reach 0.05 ÷ 80.
 *
 * Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979.
 */
export function judgeClasses(
  before: Metrics,
  after: Metrics,
  bootstrap: Bootstrap | null,
  rule: PerClassRule,
  confidence: Confidence,
  names: ReadonlyMap<number, string>,
): RuleResult[] {
  const judged = judgedClasses(before, after, bootstrap, rule);
  const safe = confidence === 'safe';
  const pValues = judged.map(({ drop, accepted, standardError }) =>
    standardError === null ? 1 : upperTail((safe ? accepted - drop : drop - accepted) / standardError),
  );
  const shown = holm(pValues);
  return judged.map(({ id, labels, before, after, drop, accepted, standardError }, i) => {
    const broken = drop > 0 && (safe ? !shown[i] : shown[i]! && exceeds(drop, accepted));
    const name = names.get(id) ?? String(id);
    const limit = describeAccepted(rule.maxDrop, before);
    const doubt =
      standardError === null
        ? `fewer than ${LEAST_IMAGES} images cannot show it`
        : `of ${judged.length} classes this one may be chance`;
    return {
      rule: 'thresholds: per-class: max-drop',
      subject: name,
      pass: !broken,
      measured: drop,
      limit: accepted,
      says:
        `mAP50-95 of class ${name} (${labels} labels) ${drop >= 0 ? 'fell' : 'rose'} by ${Math.abs(drop).toFixed(4)}, from ` +
        `${before.toFixed(4)} to ${after.toFixed(4)}; ${limit} is accepted` +
        `${exceeds(drop, accepted) && !broken ? `, and ${doubt}` : ''}.`,
    };
  });
}

function judgedClasses(
  before: Metrics,
  after: Metrics,
  bootstrap: Bootstrap | null,
  { maxDrop, minLabels }: PerClassRule,
): JudgedClass[] {
  const afterById = new Map(after.perClass.map((row) => [row.id, row.AP50_95]));
  return before.perClass
    .filter(({ labels }) => labels >= minLabels)
    .map(({ id, labels, images, AP50_95 }) => {
      const drops = images < LEAST_IMAGES ? undefined : bootstrap?.perClass.get(id);
      const spread = drops ? spreadOf(drops) : null;
      const pruned = afterById.get(id) ?? 0;
      return {
        id,
        labels,
        before: AP50_95,
        after: pruned,
        drop: AP50_95 - pruned,
        accepted: acceptedDrop(maxDrop, AP50_95),
        // No spread at all is as sure as can be, not a division by zero.
        standardError: spread && Math.max(spread.standardError, Number.EPSILON),
      };
    });
}

/** Which of the hypotheses fall, so that the chance of a single wrong one is at most {@link ALPHA}. */
export function holm(pValues: readonly number[]): boolean[] {
  const fallen = pValues.map(() => false);
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  for (const [place, i] of order.entries()) {
    if (pValues[i]! > ALPHA / (pValues.length - place)) break;
    fallen[i] = true;
  }
  return fallen;
}
