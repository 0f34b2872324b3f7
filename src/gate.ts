import type { Metrics } from './metrics/types.ts';
import type { Protocol } from './protocol.ts';

/** What may decide the verdict. */
export const METRIC_NAMES = ['mAP50-95', 'mAP50', 'AR100'] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** A drop that is still accepted: absolute, or as a share of the unpruned model's figure. */
export interface MaxDrop {
  readonly value: number;
  readonly relative: boolean;
}

export interface GateRule {
  readonly metric: MetricName;
  readonly protocol: Protocol;
  readonly maxDrop: MaxDrop;
  /** The least figure that the pruned model must reach. */
  readonly minMetric: number | null;
}

export interface Verdict {
  readonly pass: boolean;
  readonly metric: MetricName;
  readonly protocol: Protocol;
  readonly before: number;
  readonly after: number;
  /** before − after: negative where the pruned model is better. */
  readonly drop: number;
  /** The accepted drop in the metric's own unit, also where the rule is relative. */
  readonly maxDrop: number;
  readonly minMetric: number | null;
  /** Why it failed, one sentence each; empty after a pass. */
  readonly reasons: readonly string[];
}

/** Differences below this are rounding of sums, not a drop. */
const ROUNDING = 1e-9;

/** The figure that `metric` names: the family's own, or pycocotools' where the protocol is `coco` or has no such figure. */
export function metricValue(metrics: Metrics, metric: MetricName, protocol: Protocol): number {
  const { coco } = metrics;
  if (metric === 'AR100') return coco.AR100;
  if (metric === 'mAP50') return protocol === 'coco' ? coco.AP50 : metrics.mAP50;
  return protocol === 'coco' ? coco.AP : metrics.mAP50_95;
}

/** Holds two models' figures against the rule. */
export function decide(before: Metrics, after: Metrics, rule: GateRule): Verdict {
  const { metric, protocol, minMetric } = rule;
  const valueBefore = metricValue(before, metric, protocol);
  const valueAfter = metricValue(after, metric, protocol);
  const drop = valueBefore - valueAfter;
  const maxDrop = rule.maxDrop.relative ? rule.maxDrop.value * valueBefore : rule.maxDrop.value;

  const reasons: string[] = [];
  if (drop > maxDrop + ROUNDING) {
    const accepted = rule.maxDrop.relative
      ? `${maxDrop.toFixed(4)} (${percent(rule.maxDrop.value)} of ${valueBefore.toFixed(4)})`
      : maxDrop.toFixed(4);
    reasons.push(
      `${metric} (${protocol}) fell by ${drop.toFixed(4)}, from ${valueBefore.toFixed(4)} to ${valueAfter.toFixed(4)}: ` +
        `more than the ${accepted} that max-drop accepts.`,
    );
  }
  if (minMetric !== null && valueAfter < minMetric - ROUNDING) {
    reasons.push(
      `${metric} (${protocol}) of the pruned model is ${valueAfter.toFixed(4)}: below min-metric ${minMetric}.`,
    );
  }
  if (valueBefore <= 0) {
    reasons.push(
      `${metric} (${protocol}) of the unpruned model is ${valueBefore.toFixed(4)}, so no drop can be judged: ` +
        'check that the data set and its class order belong to this model.',
    );
  }
  return {
    pass: reasons.length === 0,
    metric,
    protocol,
    before: valueBefore,
    after: valueAfter,
    drop,
    maxDrop,
    minMetric,
    reasons,
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}
