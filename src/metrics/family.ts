import type { Family } from '../protocol.ts';
import { familyAveragePrecision, familyPrecision, type Hits } from './average-precision.ts';
import { AXIS, bestF1, type ConfidenceCurves, confidenceCurves } from './confidence-curves.ts';
import { IOU_COUNT } from './iou.ts';
import { distinctClasses, orderByClass, slotsOf, sortableBits } from './ordering.ts';
import type { ClassMetrics, Curves, ImageStatistics, Metrics } from './types.ts';

const IOU_50 = 0;
const IOU_75 = 5;

/** One class's labels, and its detections by descending confidence. */
interface ClassStatistics {
  readonly id: number;
  readonly labels: number;
  readonly images: number;
  readonly conf: Float32Array;
  readonly tp: Uint16Array;
}

/** A family's own figures: `Metrics` without COCO's. */
export type FamilyMetrics = Pick<Metrics, 'P' | 'R' | 'mAP50' | 'mAP75' | 'mAP50_95' | 'perClass'>;

/**
 * The figures that the family's validator prints. All are 0 where there are no labels or no true positives: there
 * yolov5 prints 0 or stops with an error, ultralytics prints 0.
 *
 * Sources: yolov5 utils/metrics.py:25-94, val.py:327-345; ultralytics 8.4.190 utils/metrics.py:795-878.
 *
 * @param images in the order of their paths, which decides between equal confidences
 */
export function familyMetrics(images: readonly ImageStatistics[], family: Family): FamilyMetrics {
  const classes = groupByClass(images);
  const curves = classes.map(confidenceCurvesOf);
  const best = bestF1(curves);
  const perClass = classes.map((statistics, slot): ClassMetrics => {
    const AP = Float64Array.from({ length: IOU_COUNT }, (_, t) =>
      familyAveragePrecision(hitsAt(statistics, t), family),
    );
    return {
      id: statistics.id,
      labels: statistics.labels,
      images: statistics.images,
      P: curves[slot].P[best],
      R: curves[slot].R[best],
      AP50: AP[IOU_50],
      AP75: AP[IOU_75],
      AP50_95: AP.reduce((sum, ap) => sum + ap, 0) / IOU_COUNT,
    };
  });
  return {
    P: mean(perClass, ({ P }) => P),
    R: mean(perClass, ({ R }) => R),
    mAP50: mean(perClass, ({ AP50 }) => AP50),
    mAP75: mean(perClass, ({ AP75 }) => AP75),
    mAP50_95: mean(perClass, ({ AP50_95 }) => AP50_95),
    perClass,
  };
}

/** The lines behind the family's plots. */
export function familyCurves(images: readonly ImageStatistics[], family: Family): Curves {
  const classes = groupByClass(images);
  const curves = classes.map(confidenceCurvesOf);
  return {
    axis: AXIS,
    best: bestF1(curves),
    perClass: classes.map((statistics, slot) => ({
      id: statistics.id,
      ...curves[slot],
      PR: familyPrecision(hitsAt(statistics, IOU_50), AXIS, family),
    })),
  };
}

function groupByClass(images: readonly ImageStatistics[]): ClassStatistics[] {
  const classes = distinctClasses(images.map((image) => image.labels));
  const slotOf = slotsOf(classes);
  const labels = new Uint32Array(classes.length);
  const containing = new Uint32Array(classes.length);
  const total = images.reduce((sum, image) => sum + image.cls.length, 0);
  const conf = new Float32Array(total);
  const tp = new Uint16Array(total);
  const slot = new Int32Array(total);
  let offset = 0;
  for (const image of images) {
    for (const cls of image.labels) labels[slotOf(cls)]++;
    for (const cls of new Set(image.labels)) containing[slotOf(cls)]++;
    conf.set(image.conf, offset);
    tp.set(image.tp, offset);
    for (let d = 0; d < image.cls.length; d++) slot[offset + d] = slotOf(image.cls[d]);
    offset += image.cls.length;
  }
  const { order, starts } = orderByClass(slot, sortableBits(conf), classes.length);
  return Array.from(classes, (id, i) => {
    const places = order.subarray(starts[i], starts[i + 1]);
    return {
      id,
      labels: labels[i],
      images: containing[i],
      conf: Float32Array.from(places, (detection) => conf[detection]),
      tp: Uint16Array.from(places, (detection) => tp[detection]),
    };
  });
}

function confidenceCurvesOf({ conf, tp, labels }: ClassStatistics): ConfidenceCurves {
  return confidenceCurves(conf, (place) => (tp[place] & (1 << IOU_50)) !== 0, labels);
}

function hitsAt({ tp, labels }: ClassStatistics, threshold: number): Hits {
  const ranks = new Uint32Array(labels);
  let count = 0;
  for (let place = 0; place < tp.length; place++) {
    if (tp[place] & (1 << threshold)) ranks[count++] = place + 1;
  }
  return { ranks: ranks.subarray(0, count), detections: tp.length, labels };
}

function mean(perClass: readonly ClassMetrics[], value: (figures: ClassMetrics) => number): number {
  if (perClass.length === 0) return 0;
  return perClass.reduce((sum, figures) => sum + value(figures), 0) / perClass.length;
}
