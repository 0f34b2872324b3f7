import type { Family } from '../protocol.ts';
import type { Sample } from '../validate/types.ts';
import { jsonBoxes, jsonScores, labelBoxes, nativeBoxes } from './boxes.ts';
import { cocoMetrics } from './coco.ts';
import { cocoLabels, matchCoco } from './coco-match.ts';
import { CONFUSION_IOU, createConfusionCounter } from './confusion.ts';
import { familyCurves, familyMetrics } from './family.ts';
import { orderById } from './image-ids.ts';
import { rankPairs, torchIou } from './iou.ts';
import { matchUltralytics, TIES_ULTRALYTICS } from './match-ultralytics.ts';
import { matchYolov5, TIES_YOLOV5 } from './match-yolov5.ts';
import type { ConfusionMatrix, Curves, ImageStatistics, Metrics } from './types.ts';

const MATCHERS = {
  yolov5: { ties: TIES_YOLOV5, match: matchYolov5 },
  ultralytics: { ties: TIES_ULTRALYTICS, match: matchUltralytics },
} as const;

/** By which rules detections are judged. */
export interface EvaluatorOptions {
  readonly family: Family;
  /** Classes that the model tells apart. */
  readonly nc: number;
}

/** Takes images one by one, in any order, and keeps a few words per detection of each. */
export interface Evaluator {
  /** Judges one image's detections. */
  add(sample: Sample): void;
  /** The figures of all images added so far. */
  finish(): Metrics;
  /** The lines for P, R, F1 and PR plots. */
  curves(): Curves;
  confusion(): ConfusionMatrix;
  /** What each image contributes, by path; `metricsOf` makes figures of any selection. */
  statistics(): readonly ImageStatistics[];
}

/**
 * An evaluator by the rules of the family's validator, and of pycocotools over the same detections. Labels and
 * detections have classes below `nc`.
 */
export function createEvaluator({ family, nc }: EvaluatorOptions): Evaluator {
  const { ties, match } = MATCHERS[family];
  const images: ImageStatistics[] = [];
  const confusion = createConfusionCounter(family, nc);
  const byPath = () => images.toSorted((a, b) => compare(a.path, b.path));
  return {
    add({ path, geometry, labels, detections }) {
      // Copies, since the caller may use its arrays again.
      const labelCls = labels.cls.slice(0, labels.count);
      const detectionCls = detections.cls.slice(0, detections.count);
      const conf = detections.conf.slice(0, detections.count);
      const native = nativeBoxes(detections, geometry, family);
      const compared = family === 'yolov5' ? native : detections.xyxy;
      const iou = torchIou(compared, labelBoxes(labels, geometry, family));
      const pairs = rankPairs(detections.count, labels.count, iou, CONFUSION_IOU, ties);
      confusion.add({ pairs, conf, detectionCls, labelCls });
      images.push({
        path,
        id: labels.coco?.imageId,
        labels: labelCls,
        conf,
        cls: detectionCls,
        tp: match(pairs, detectionCls, labelCls),
        coco: matchCoco(cocoLabels(labels, geometry), {
          cls: detectionCls,
          ltwh: jsonBoxes(native),
          score: jsonScores(conf),
        }),
      });
    },
    finish: () => metricsOf(byPath(), family),
    curves: () => familyCurves(byPath(), family),
    confusion: () => confusion.result(),
    statistics: byPath,
  };
}

/**
 * All figures of a list of images, which may be a selection and hold images more than once.
 *
 * @param images by path, which decides between equal confidences
 */
export function metricsOf(images: readonly ImageStatistics[], family: Family): Metrics {
  return {
    ...familyMetrics(images, family),
    coco: cocoMetrics(orderById(images).map((image) => images[image]!.coco)),
    images: images.length,
    labels: images.reduce((sum, image) => sum + image.labels.length, 0),
    detections: images.reduce((sum, image) => sum + image.conf.length, 0),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
