import type { CocoMetrics, Metrics } from '../metrics/types.ts';
import type { Family, Protocol } from '../protocol.ts';

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

/** A figure's place in the records of the metrics room, and whose rule it is by. */
export interface FigureSource {
  readonly key: (typeof BY_PROTOCOL)[keyof typeof BY_PROTOCOL]['family'] | 'P' | 'R' | keyof CocoMetrics;
  readonly protocol: Protocol;
}

/** The figure that `metric` names: the family's own, or pycocotools' where the protocol is `coco` or only that has it. */
export function figureSource(metric: MetricName, protocol: Protocol, family: Family): FigureSource {
  if (metric in BY_PROTOCOL) {
    const names = BY_PROTOCOL[metric as keyof typeof BY_PROTOCOL];
    return protocol === 'coco' ? { key: names.coco, protocol } : { key: names.family, protocol: family };
  }
  const own = BY_FAMILY.find((name) => name === metric);
  return own ? { key: own, protocol: family } : { key: metric as keyof CocoMetrics, protocol: 'coco' };
}

/** One figure of a model. */
export function figureAt(metrics: Metrics, { key }: FigureSource): number {
  return key in metrics.coco ? metrics.coco[key as keyof CocoMetrics] : metrics[key as 'P'];
}
