import type { Family } from '../protocol.ts';
import type { RankedPairs } from './iou.ts';
import type { ConfusionMatrix } from './types.ts';

/** Boxes are for one another above this IoU, whatever their classes; also the floor of the families' pairs. */
export const CONFUSION_IOU = Math.fround(0.45);

/** Below it yolov5's matrix knows no detections; ultralytics takes all that the validator kept. */
const CONF_YOLOV5 = 0.25;

/** One image, its detections by descending confidence. */
export interface ConfusionSample {
  /** Of any classes, ranked by the family's rule for ties. */
  readonly pairs: RankedPairs;
  readonly conf: Float32Array;
  readonly detectionCls: Int32Array;
  readonly labelCls: Int32Array;
}

/** Counts up which class was taken for which. */
export interface ConfusionCounter {
  add(sample: ConfusionSample): void;
  result(): ConfusionMatrix;
}

/**
 * A counter by the family's rule. Both match boxes of any class above IoU 0.45, each label and detection once:
 *
 * - yolov5 (utils/metrics.py:129-183) takes detections above confidence 0.25, each for its best label, and of
 *   several the one that overlaps most. Detections left over count only in images with at least one match.
 * - ultralytics 8.4.190 (utils/metrics.py:407-484) lets each detection, by confidence, claim its best unclaimed
 *   label. All detections left over count, in images without labels as well.
 */
export function createConfusionCounter(family: Family, nc: number): ConfusionCounter {
  const counts = new Map<number, number>();
  const count = (predicted: number, actual: number) => {
    const cell = predicted * (nc + 1) + actual;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  };
  const match = family === 'yolov5' ? matchYolov5 : matchUltralytics;
  return {
    add(sample) {
      const { detectionCls, labelCls } = sample;
      const detectionOf = match(sample);
      const isLeft = new Uint8Array(countingDetections(sample, detectionOf, family)).fill(1);
      for (let label = 0; label < labelCls.length; label++) {
        const detection = detectionOf[label];
        const predicted = detection < 0 ? nc : detectionCls[detection];
        if (detection >= 0) isLeft[detection] = 0;
        count(predicted, labelCls[label]);
      }
      for (let detection = 0; detection < isLeft.length; detection++) {
        if (isLeft[detection]) count(detectionCls[detection], nc);
      }
    },
    result: () => ({ nc, counts: new Map(counts) }),
  };
}

/** Per label its detection, or -1. */
function matchYolov5({ pairs, conf, labelCls }: ConfusionSample): Int32Array {
  const detectionOf = new Int32Array(labelCls.length).fill(-1);
  const overlap = new Float32Array(labelCls.length);
  for (let detection = 0; detection < conf.length && conf[detection] > CONF_YOLOV5; detection++) {
    const best = pairs.starts[detection];
    if (best === pairs.starts[detection + 1] || pairs.iou[best] <= CONFUSION_IOU) continue;
    const label = pairs.label[best];
    if (pairs.iou[best] < overlap[label]) continue;
    overlap[label] = pairs.iou[best];
    detectionOf[label] = detection;
  }
  return detectionOf;
}

function matchUltralytics({ pairs, conf, labelCls }: ConfusionSample): Int32Array {
  const detectionOf = new Int32Array(labelCls.length).fill(-1);
  for (let detection = 0; detection < conf.length; detection++) {
    for (let pair = pairs.starts[detection]; pair < pairs.starts[detection + 1]; pair++) {
      const label = pairs.label[pair];
      if (pairs.iou[pair] <= CONFUSION_IOU) break;
      if (detectionOf[label] >= 0) continue;
      detectionOf[label] = detection;
      break;
    }
  }
  return detectionOf;
}

/** How many detections, by confidence, count as background if they are for no label. */
function countingDetections({ conf }: ConfusionSample, detectionOf: Int32Array, family: Family): number {
  if (family === 'ultralytics') return conf.length;
  if (detectionOf.every((detection) => detection < 0)) return 0;
  const weak = conf.findIndex((value) => value <= CONF_YOLOV5);
  return weak < 0 ? conf.length : weak;
}
