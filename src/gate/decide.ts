import type { Bootstrap } from '../metrics/bootstrap.ts';
import type { Metrics } from '../metrics/types.ts';
import type { Family, Protocol } from '../protocol.ts';
import { type Certainty, certaintyOf, isBroken, tooFewImages } from './certainty.ts';
import { figureAt, figureSource, type MetricName } from './metric-names.ts';
import { judgeClasses } from './per-class.ts';
import {
  acceptedDrop,
  type Confidence,
  describeAccepted,
  exceeds,
  excess,
  type MaxDrop,
  percent,
  type RuleResult,
  type Thresholds,
} from './rules.ts';

/** What a run is held against: the plain inputs, and the rules of `thresholds` on top. */
export interface Gate {
  readonly metric: MetricName;
  /** `coco` where pycocotools' figures decide instead of the family's. */
  readonly protocol: Protocol;
  /** Whose rules made the family's figures. */
  readonly family: Family;
  readonly maxDrop: MaxDrop;
  /** The least figure that the pruned model must reach. */
  readonly minMetric: number | null;
  readonly confidence: Confidence;
  readonly thresholds: Thresholds;
}

/** What was measured of both models. */
export interface Evidence {
  readonly before: Metrics;
  readonly after: Metrics;
  /** `null` where there was nothing to draw from. */
  readonly bootstrap: Bootstrap | null;
  readonly names: ReadonlyMap<number, string>;
  readonly inferenceMillisecondsBefore: number;
  readonly inferenceMillisecondsAfter: number;
  /** Bytes of the pruned model, gzipped. */
  readonly gzipBytesAfter: number;
}

export interface Verdict {
  readonly pass: boolean;
  readonly metric: MetricName;
  /** By whose rule the metric was counted. */
  readonly protocol: Protocol;
  readonly before: number;
  readonly after: number;
  /** before − after: negative where the pruned model is better. */
  readonly drop: number;
  /** The accepted drop in the metric's own unit, also where the rule is relative. */
  readonly maxDrop: number;
  readonly minMetric: number | null;
  readonly confidence: Confidence;
  /** How sure the drop is; `null` where images could not be resampled. */
  readonly certainty: Certainty | null;
  /** Every rule that was asked for. */
  readonly rules: readonly RuleResult[];
  /** Why it failed, one sentence each, the worst first; empty after a pass. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

/** Holds two models' figures against every rule; all must pass. */
export function decide(evidence: Evidence, gate: Gate): Verdict {
  const { metric, confidence, thresholds } = gate;
  const named = thresholds.metrics.find((rule) => rule.metric === metric);
  const maxDrop = named?.maxDrop ?? gate.maxDrop;
  const minMetric = named?.min ?? gate.minMetric;
  const decider = changeOf(evidence, gate, metric, maxDrop);
  const others = thresholds.metrics.filter((rule) => rule !== named);

  const rules = [
    ...judgeMetric(decider, { maxDrop, min: minMetric }, confidence, ['max-drop', 'min-metric']),
    ...others.flatMap((rule) =>
      judgeMetric(changeOf(evidence, gate, rule.metric, rule.maxDrop), rule, confidence, [
        `thresholds: ${rule.metric}: max-drop`,
        `thresholds: ${rule.metric}: min`,
      ]),
    ),
    ...(thresholds.perClass
      ? judgeClasses(
          evidence.before,
          evidence.after,
          evidence.bootstrap,
          thresholds.perClass,
          confidence,
          evidence.names,
        )
      : []),
    ...judgeSpeed(evidence, thresholds.maxSlower),
    ...judgeBytes(evidence, thresholds.maxBytes),
  ];
  const reasons = rules
    .filter(({ pass }) => !pass)
    .toSorted((a, b) => excess(b) - excess(a))
    .map(({ says }) => says);
  const { before, after, drop, accepted, protocol, certainty } = decider;
  const warning = tooFewImages(certainty, accepted, evidence.before.images);
  return {
    pass: reasons.length === 0,
    metric,
    protocol,
    before,
    after,
    drop,
    maxDrop: accepted,
    minMetric,
    confidence,
    certainty,
    rules,
    reasons,
    warnings: warning === null ? [] : [warning],
  };
}

/** What became of one figure. */
interface Change {
  readonly metric: MetricName;
  readonly protocol: Protocol;
  readonly before: number;
  readonly after: number;
  readonly drop: number;
  /** The accepted drop in the figure's own unit; 0 without a rule for it. */
  readonly accepted: number;
  readonly certainty: Certainty | null;
}

function changeOf(evidence: Evidence, gate: Gate, metric: MetricName, maxDrop: MaxDrop | null): Change {
  const source = figureSource(metric, gate.protocol, gate.family);
  const before = figureAt(evidence.before, source);
  const after = figureAt(evidence.after, source);
  const accepted = maxDrop ? acceptedDrop(maxDrop, before) : 0;
  return {
    metric,
    protocol: source.protocol,
    before,
    after,
    drop: before - after,
    accepted,
    certainty: certaintyOf(evidence.bootstrap, source.key, before - after, accepted),
  };
}

function judgeMetric(
  change: Change,
  { maxDrop, min }: { readonly maxDrop: MaxDrop | null; readonly min: number | null },
  confidence: Confidence,
  [dropRule, minRule]: readonly [string, string],
): RuleResult[] {
  const { metric, protocol, before, after, drop, accepted, certainty } = change;
  const subject = `${metric} (${protocol})`;
  if (before <= 0) {
    const says =
      `${subject} of the unpruned model is ${before.toFixed(4)}, so no drop can be judged: ` +
      'check that the data set and its class order belong to this model.';
    return [{ rule: dropRule, subject, pass: false, measured: before, limit: 0, says }];
  }
  const results: RuleResult[] = [];
  if (maxDrop) {
    const broken = isBroken(drop, accepted, certainty, confidence);
    const verb = drop >= 0 ? 'fell' : 'rose';
    const change = `${subject} ${verb} by ${Math.abs(drop).toFixed(4)}, from ${before.toFixed(4)} to ${after.toFixed(4)}`;
    const accepts = `${describeAccepted(maxDrop, before)} that max-drop accepts`;
    const sure = confidence === 'point' || !certainty ? '' : confidenceClause(certainty, confidence);
    const comparison = exceeds(drop, accepted) ? `more than the ${accepts}` : `within the ${accepts}`;
    const says = `${change}: ${comparison}${sure}.`;
    results.push({ rule: dropRule, subject, pass: !broken, measured: drop, limit: accepted, says });
  }
  if (min !== null) {
    const pass = !exceeds(min, after);
    const says = `${subject} of the pruned model is ${after.toFixed(4)}: ${pass ? 'not ' : ''}below ${minRule.replace('thresholds: ', '')} ${min}.`;
    results.push({ rule: minRule, subject, pass, measured: after, limit: min, says });
  }
  return results;
}

function confidenceClause({ low, high }: Certainty, confidence: Confidence): string {
  const interval = `${low.toFixed(4)} to ${high.toFixed(4)}`;
  return confidence === 'certain'
    ? ` (confidence: certain, the 95 % interval ${interval} must lie above it to fail)`
    : ` (confidence: safe, the 95 % interval ${interval} must lie below it to pass)`;
}

function judgeSpeed(evidence: Evidence, maxSlower: number | null): RuleResult[] {
  if (maxSlower === null) return [];
  const { inferenceMillisecondsBefore: before, inferenceMillisecondsAfter: after } = evidence;
  const limit = before * (1 + maxSlower);
  const pass = !exceeds(after, limit);
  return [
    {
      rule: 'thresholds: max-slower',
      subject: 'inference',
      pass,
      measured: after,
      limit,
      says:
        `An image takes ${after.toFixed(1)} ms after ${before.toFixed(1)} ms before (median): ` +
        `${pass ? 'within' : 'more than'} the ${limit.toFixed(1)} ms that max-slower ${percent(maxSlower)} accepts.`,
    },
  ];
}

function judgeBytes({ gzipBytesAfter }: Evidence, maxBytes: number | null): RuleResult[] {
  if (maxBytes === null) return [];
  const pass = gzipBytesAfter <= maxBytes;
  return [
    {
      rule: 'thresholds: max-bytes',
      subject: 'file',
      pass,
      measured: gzipBytesAfter,
      limit: maxBytes,
      says:
        `The pruned model takes ${gzipBytesAfter.toLocaleString('en')} bytes gzipped: ` +
        `${pass ? 'within' : 'more than'} the ${maxBytes.toLocaleString('en')} of max-bytes.`,
    },
  ];
}
