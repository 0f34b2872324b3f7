import type { HashedFile } from '../files/hashes.ts';
import type { Verdict } from '../gate/decide.ts';
import { type FigureSource, figureSource } from '../gate/metric-names.ts';
import type { RuleResult } from '../gate/rules.ts';
import type { Bootstrap } from '../metrics/bootstrap.ts';
import type { CocoMetrics, ConfusionMatrix, Curves, Metrics } from '../metrics/types.ts';
import type { Family } from '../protocol.ts';
import type { PrunedLayer, PrunedModel } from '../prune/prune-model.ts';
import type { ReportedBaseline } from './baseline.ts';
import {
  type ReportedBootstrap,
  type ReportedConfusion,
  type ReportedCurves,
  reportedBootstrap,
  reportedConfusion,
  reportedCurves,
} from './details.ts';
import type { ReportedPicture } from './pictures.ts';
import type { ReportedSearch } from './search.ts';

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
    readonly confidence: Verdict['confidence'];
    /** How sure the drop is; null where images could not be resampled. */
    readonly certainty: Verdict['certainty'];
    readonly rules: readonly RuleResult[];
    readonly reasons: readonly string[];
    readonly warnings: readonly string[];
  };
  readonly model: ReportedModel;
  readonly prune: {
    readonly method: string;
    readonly amount: number;
    readonly sparsity: number;
    readonly weights: number;
    readonly zeros: number;
    readonly layers: readonly PrunedLayer[];
    readonly excluded: readonly string[];
  };
  /** How the amount was found; null where one was given. */
  readonly search: ReportedSearch | null;
  readonly validation: {
    /** Whose rules made P, R and mAP; `coco` figures are pycocotools'. */
    readonly protocol: Family;
    /** What decided: the protocol above, or `coco`. */
    readonly decidedBy: string;
    /** SHA-256 of the images' names and their labels. */
    readonly dataDigest: string;
    readonly split: string;
    readonly imgsz: readonly [height: number, width: number];
    /** Whether the pictures were laid into rectangles near their own shapes, as `yolo val` does with models of any input size. */
    readonly rect: boolean;
    readonly images: number;
    readonly labels: number;
    readonly conf: number;
    readonly iou: number;
    readonly maxDet: number;
    readonly device: string;
    /** Why there, as a clause. */
    readonly deviceReason: string;
    readonly runtime: string;
    readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
    readonly warnings: readonly string[];
    readonly before: ReportedMetrics;
    readonly after: ReportedMetrics;
  };
  /** Another run to hold this one against, if one was named. */
  readonly baseline: ReportedBaseline | null;
  readonly details: ReportedDetails;
  readonly timing: ReportedTiming;
}

/** What charts and pictures are drawn from. */
export interface ReportedDetails {
  readonly bootstrap: ReportedBootstrap | null;
  readonly curves: { readonly before: ReportedCurves; readonly after: ReportedCurves };
  readonly confusion: { readonly before: ReportedConfusion; readonly after: ReportedConfusion };
  /** The images that lost most. */
  readonly pictures: readonly ReportedPicture[];
}

export interface ReportedModel {
  readonly path: string;
  /** Where the original is kept; null where nothing had to be changed. */
  readonly backup: string | null;
  readonly output: string;
  /** Whether the pruned model was put at `output`. */
  readonly replaced: boolean;
  /** A compressed copy of it, where one was asked for. */
  readonly compressed: string | null;
  /** The files that it was read from, its own first, where its values lay in external data files; else none. */
  readonly parts: readonly HashedFile[];
  /** Of the model in one file, which is what the backup holds. */
  readonly sha256Before: string;
  readonly sha256After: string;
  /** Of the model in one file, unpruned or pruned. */
  readonly bytes: number;
  readonly gzipBytesBefore: number;
  readonly gzipBytesAfter: number;
  readonly zstdBytesBefore: number;
  readonly zstdBytesAfter: number;
}

export interface ReportedTiming {
  readonly totalSeconds: number;
  readonly pruneSeconds: number;
  readonly validateSeconds: number;
  readonly imagesPerSecond: number;
  /** Median time of one image in ONNX Runtime on one worker, before and after. */
  readonly inferenceMillisecondsBefore: number;
  readonly inferenceMillisecondsAfter: number;
  /** Whether the unpruned model's detections were those of an earlier run, and so its time. */
  readonly unprunedRemembered: boolean;
}

/** What a report is made from. */
export interface ReportParts {
  readonly verdict: Verdict;
  readonly model: ReportedModel;
  readonly pruned: PrunedModel;
  readonly search: ReportedSearch | null;
  readonly validation: Omit<Report['validation'], 'before' | 'after' | 'images' | 'labels' | 'decidedBy'>;
  readonly names: ReadonlyMap<number, string>;
  readonly before: Metrics;
  readonly after: Metrics;
  readonly resampled: Bootstrap | null;
  readonly curves: readonly [before: Curves, after: Curves];
  readonly confusion: readonly [before: ConfusionMatrix, after: ConfusionMatrix];
  readonly pictures: readonly ReportedPicture[];
  readonly timing: ReportedTiming;
}

/** Puts the results of all rooms into the one record that report.json, summary and outputs are written from. */
export function buildReport({
  verdict,
  model,
  pruned,
  search,
  validation,
  names,
  before,
  after,
  resampled,
  curves,
  confusion,
  pictures,
  timing,
}: ReportParts): Report {
  const { protocol, ...rest } = verdict;
  const { method, amount, sparsity, weights, zeros, layers, excluded } = pruned;
  return {
    schema: 1,
    verdict: rest,
    model,
    prune: { method, amount, sparsity, weights, zeros, layers, excluded },
    search,
    validation: {
      ...validation,
      decidedBy: protocol,
      images: before.images,
      labels: before.labels,
      before: reported(before, names),
      after: reported(after, names),
    },
    baseline: null,
    details: {
      bootstrap: resampled && reportedBootstrap(resampled, decisiveKey(verdict, validation.protocol)),
      curves: { before: reportedCurves(curves[0]), after: reportedCurves(curves[1]) },
      confusion: { before: reportedConfusion(confusion[0]), after: reportedConfusion(confusion[1]) },
      pictures,
    },
    timing,
  };
}

function decisiveKey({ metric, protocol }: Verdict, family: Family): FigureSource['key'] {
  return figureSource(metric, protocol, family).key;
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
