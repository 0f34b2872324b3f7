import type { Family } from '../protocol.ts';
import { familyAveragePrecision, familyPrecision, type Hits } from './average-precision.ts';
import { AXIS, bestF1, confidenceCurves } from './confidence-curves.ts';
import { IOU_COUNT } from './iou.ts';
import { classSlots, descending, groupByClass, sortableBits } from './ordering.ts';
import type { ClassMetrics, Curves, ImageStatistics, Metrics } from './types.ts';

const IOU_50 = 0;
const IOU_75 = 5;

/** One class's labels, and its detections by descending confidence. */
interface ClassStatistics {
  readonly id: number;
  readonly labels: number;
  readonly images: number;
  readonly conf: Float32Array;
  /** True positives, bit `t` for IoU threshold 0.5 + 0.05 t. */
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
  const classes = classStatistics(images);
  const curves = classes.map(confidenceCurves);
  const best = bestF1(curves);
  const perClass = classes.map((statistics, slot): ClassMetrics => {
    const AP = hitsOf(statistics).map((hits) => familyAveragePrecision(hits, family));
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
  const mean = (figure: 'P' | 'R' | 'AP50' | 'AP75' | 'AP50_95') =>
    perClass.reduce((sum, figures) => sum + figures[figure], 0) / Math.max(perClass.length, 1);
  return {
    P: mean('P'),
    R: mean('R'),
    mAP50: mean('AP50'),
    mAP75: mean('AP75'),
    mAP50_95: mean('AP50_95'),
    perClass,
  };
}

/** The lines behind the family's plots. */
export function familyCurves(images: readonly ImageStatistics[], family: Family): Curves {
  const classes = classStatistics(images);
  const curves = classes.map(confidenceCurves);
  return {
    axis: AXIS,
    best: bestF1(curves),
    perClass: classes.map((statistics, slot) => ({
      id: statistics.id,
      ...curves[slot],
      PR: familyPrecision(hitsOf(statistics)[IOU_50], AXIS, family),
    })),
  };
}

function classStatistics(images: readonly ImageStatistics[]): ClassStatistics[] {
  const slots = classSlots(images.map((image) => image.labels));
  const { starts, places } = groupByClass(
    images.map((image) => image.cls),
    slots,
  );
  const labels = new Uint32Array(slots.classes.length);
  const containing = new Uint32Array(slots.classes.length);
  const conf = new Float32Array(starts[starts.length - 1]);
  const tp = new Uint16Array(conf.length);
  let detection = 0;
  for (const image of images) {
    for (const cls of image.labels) labels[slots.slots[cls]]++;
    for (const cls of new Set(image.labels)) containing[slots.slots[cls]]++;
    for (let d = 0; d < image.cls.length; d++) {
      const place = places[detection++];
      if (place < 0) continue;
      conf[place] = image.conf[d];
      tp[place] = image.tp[d];
    }
  }
  return Array.from(slots.classes, (id, slot) => ({
    id,
    labels: labels[slot],
    images: containing[slot],
    ...byConfidence(
      conf.subarray(starts[slot], starts[slot + 1]),
      tp.subarray(starts[slot], starts[slot + 1]),
    ),
  }));
}

function byConfidence(conf: Float32Array, tp: Uint16Array): Pick<ClassStatistics, 'conf' | 'tp'> {
  const order = descending(sortableBits(conf));
  const sortedConf = new Float32Array(conf.length);
  const sortedTp = new Uint16Array(conf.length);
  for (let place = 0; place < order.length; place++) {
    sortedConf[place] = conf[order[place]];
    sortedTp[place] = tp[order[place]];
  }
  return { conf: sortedConf, tp: sortedTp };
}

/** The true positives at each threshold. */
function hitsOf({ tp, labels }: ClassStatistics): Hits[] {
  const ranks = Array.from({ length: IOU_COUNT }, () => new Uint32Array(labels));
  const counts = new Uint32Array(IOU_COUNT);
  for (let place = 0; place < tp.length; place++) {
    for (let t = 0; tp[place] >> t > 0; t++) {
      if (tp[place] & (1 << t)) ranks[t][counts[t]++] = place + 1;
    }
  }
  return ranks.map((all, t) => ({ ranks: all.subarray(0, counts[t]), detections: tp.length, labels }));
}
