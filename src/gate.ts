import type { CocoMetrics, Metrics } from './metrics/types.ts';
import type { Family, Protocol } from './protocol.ts';

/** A figure by the family's own rule, and by pycocotools' where the protocol is `coco`. */
const BY_PROTOCOL = {
  'mAP50-95': { family: 'mAP50_95', coco: 'AP' },
  mAP50: { family: 'mAP50', coco: 'AP50' },
  mAP75: { family: 'mAP75', coco: 'AP75' },
} as const satisfies Record<string, { family: keyof Metrics; coco: keyof CocoMetrics }>;

/** Figures that only the families have: precision and recall at the confidence of the best F1. */
const BY_FAMILY = ['P', 'R'] as const satisfies readonly (keyof Metrics)[];

/** Figures that only pycocotools has, whatever the protocol. */
const BY_COCO = [
  ...(['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl'] as const),
  ...(['AR1', 'AR10', 'AR100', 'ARs', 'ARm', 'ARl'] as const),
] as const satisfies readonly (keyof CocoMetrics)[];

/** What may decide the verdict. */
export const METRIC_NAMES = [
  ...(Object.keys(BY_PROTOCOL) as (keyof typeof BY_PROTOCOL)[]),
  ...BY_FAMILY,
  ...BY_COCO,
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** A drop that is still accepted: absolute, or as a share of the unpruned model's figure. */
export interface MaxDrop {
  readonly value: number;
  readonly relative: boolean;
}

export interface GateRule {
  readonly metric: MetricName;
  /** `coco` where pycocotools' figures decide instead of the family's. */
  readonly protocol: Protocol;
  /** Whose rules made the family's figures. */
  readonly family: Family;
  readonly maxDrop: MaxDrop;
  /** The least figure that the pruned model must reach. */
  readonly minMetric: number | null;
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
  /** Why it failed, one sentence each; empty after a pass. */
  readonly reasons: readonly string[];
}

/** Differences below this are rounding of sums, not a drop. */
const ROUNDING = 1e-9;

/** A figure and whose rule it is by. */
interface Figure {
  readonly value: number;
  readonly protocol: Protocol;
}

/** The figure that `metric` names: the family's own, or pycocotools' where the protocol is `coco` or only that has it. */
export function figureOf(metrics: Metrics, metric: MetricName, protocol: Protocol, family: Family): Figure {
  if (metric in BY_PROTOCOL) {
    const names = BY_PROTOCOL[metric as keyof typeof BY_PROTOCOL];
    if (protocol === 'coco') return { value: metrics.coco[names.coco], protocol };
    return { value: metrics[names.family], protocol: family };
  }
  const own = BY_FAMILY.find((name) => name === metric);
  if (own) return { value: metrics[own], protocol: family };
  return { value: metrics.coco[metric as keyof CocoMetrics], protocol: 'coco' };
}

/** Holds two models' figures against the rule. */
export function decide(before: Metrics, after: Metrics, rule: GateRule): Verdict {
  const { metric, minMetric } = rule;
  const { value: valueBefore, protocol } = figureOf(before, metric, rule.protocol, rule.family);
  const { value: valueAfter } = figureOf(after, metric, rule.protocol, rule.family);
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
