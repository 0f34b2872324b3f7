import type { Verdict } from '../gate/decide.ts';
import type { CocoMetrics, Metrics } from '../metrics/types.ts';
import type { Family } from '../protocol.ts';
import type { PrunedModel } from '../prune/prune-model.ts';

/** One model's figures as they stand in report.json. */
export interface ReportedMetrics {
  readonly P: number;
  readonly R: number;
  readonly mAP50: number;
  readonly mAP75: number;
  readonly mAP50_95: number;
  readonly detections: number;
  readonly coco: CocoMetrics;
  readonly perClass: readonly {
    readonly id: number;
    readonly name: string;
    readonly labels: number;
    readonly P: number;
    readonly R: number;
    readonly AP50: number;
    readonly AP50_95: number;
  }[];
}

/** report.json: everything that the other outputs show. Its form is fixed by docs/report.schema.json. */
export interface Report {
  readonly schema: 1;
  readonly verdict: {
    readonly pass: boolean;
    readonly metric: string;
    readonly before: number;
    readonly after: number;
    readonly drop: number;
    readonly maxDrop: number;
    readonly minMetric: number | null;
    readonly reasons: readonly string[];
  };
  readonly model: ReportedModel;
  readonly prune: {
    readonly method: string;
    readonly amount: number;
    readonly sparsity: number;
    readonly weights: number;
    readonly zeros: number;
    readonly layers: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly weights: number;
      readonly zeros: number;
    }[];
    readonly excluded: readonly string[];
  };
  readonly validation: {
    /** Whose rules made P, R and mAP; `coco` figures are pycocotools'. */
    readonly protocol: Family;
    /** What decided: the protocol above, or `coco`. */
    readonly decidedBy: string;
    readonly split: string;
    readonly imgsz: readonly [height: number, width: number];
    readonly images: number;
    readonly labels: number;
    readonly conf: number;
    readonly iou: number;
    readonly maxDet: number;
    readonly device: string;
    readonly runtime: string;
    readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
    readonly warnings: readonly string[];
    readonly before: ReportedMetrics;
    readonly after: ReportedMetrics;
  };
  readonly timing: ReportedTiming;
}

export interface ReportedModel {
  readonly path: string;
  /** Where the original is kept; null where nothing had to be changed. */
  readonly backup: string | null;
  readonly output: string;
  /** Whether the pruned model was put at `output`. */
  readonly replaced: boolean;
  readonly sha256Before: string;
  readonly sha256After: string;
  readonly bytes: number;
  readonly gzipBytesBefore: number;
  readonly gzipBytesAfter: number;
}

export interface ReportedTiming {
  readonly totalSeconds: number;
  readonly pruneSeconds: number;
  readonly validateSeconds: number;
  readonly imagesPerSecond: number;
  /** Median time of one image in ONNX Runtime on one worker, before and after. */
  readonly inferenceMillisecondsBefore: number;
  readonly inferenceMillisecondsAfter: number;
}

/** What a report is made from. */
export interface ReportParts {
  readonly verdict: Verdict;
  readonly model: ReportedModel;
  readonly pruned: PrunedModel;
  readonly validation: Omit<Report['validation'], 'before' | 'after' | 'images' | 'labels' | 'decidedBy'>;
  readonly names: ReadonlyMap<number, string>;
  readonly before: Metrics;
  readonly after: Metrics;
  readonly timing: ReportedTiming;
}

/** Puts the results of all rooms into the one record that report.json, summary and outputs are written from. */
export function buildReport({
  verdict,
  model,
  pruned,
  validation,
  names,
  before,
  after,
  timing,
}: ReportParts): Report {
  const { protocol, ...rest } = verdict;
  const { method, amount, sparsity, weights, zeros, layers, excluded } = pruned;
  return {
    schema: 1,
    verdict: rest,
    model,
    prune: { method, amount, sparsity, weights, zeros, layers, excluded },
    validation: {
      ...validation,
      decidedBy: protocol,
      images: before.images,
      labels: before.labels,
      before: reported(before, names),
      after: reported(after, names),
    },
    timing,
  };
}

function reported(metrics: Metrics, names: ReadonlyMap<number, string>): ReportedMetrics {
  const { P, R, mAP50, mAP75, mAP50_95, detections, coco, perClass } = metrics;
  return {
    P,
    R,
    mAP50,
    mAP75,
    mAP50_95,
    detections,
    coco,
    perClass: perClass.map((row) => ({
      id: row.id,
      name: names.get(row.id) ?? String(row.id),
      labels: row.labels,
      P: row.P,
      R: row.R,
      AP50: row.AP50,
      AP50_95: row.AP50_95,
    })),
  };
}
