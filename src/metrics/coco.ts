import { cocoAveragePrecision } from './average-precision.ts';
import { AREAS } from './coco-match.ts';
import { ALL_THRESHOLDS, IOU_COUNT } from './iou.ts';
import { type ClassOrder, distinctClasses, orderByClass, slotsOf } from './ordering.ts';
import type { CocoMetrics, CocoStatistics } from './types.ts';

const [ALL, SMALL, MEDIUM, LARGE] = [0, 1, 2, 3];
const IOU_50 = 0;
const IOU_75 = 5;

/** All images' detections end to end. */
interface Columns {
  readonly score: Uint32Array;
  readonly rank: Uint8Array;
  /** One array per area range. */
  readonly tp: readonly Uint16Array[];
  readonly ignored: readonly Uint16Array[];
  readonly order: ClassOrder;
}

/** One class in one area range. */
interface ClassFigures {
  /** Average precision per IoU threshold. */
  readonly AP: Float64Array;
  /** Recall, mean over the IoU thresholds, of the first 1, 10 and 100 detections per image. */
  readonly recall: { readonly 1: number; readonly 10: number; readonly 100: number };
}

/**
 * pycocotools' twelve figures; -1 where no label counts.
 *
 * Source: pycocotools 2.0.11 cocoeval.py:315-478 (`accumulate`, `summarize`).
 *
 * @param images in the order of their ids, which decides between equal scores
 */
export function cocoMetrics(images: readonly CocoStatistics[]): CocoMetrics {
  const classes = distinctClasses(images.map((image) => image.labels));
  const slotOf = slotsOf(classes);
  const labels = countLabels(images, slotOf, classes.length);
  const columns = concatenate(images, slotOf, classes.length);
  const byArea = labels.map((counts, area) =>
    Array.from(counts, (count, slot) => ({ count, slot }))
      .filter(({ count }) => count > 0)
      .map(({ count, slot }) => classFigures(columns, area, slot, count)),
  );
  const AP = (area: number) => meanOf(byArea[area], (figures) => meanOf(Array.from(figures.AP), (ap) => ap));
  const APat = (iou: number) => meanOf(byArea[ALL], (figures) => figures.AP[iou]);
  const AR = (area: number, maxDets: 1 | 10 | 100) =>
    meanOf(byArea[area], (figures) => figures.recall[maxDets]);
  return {
    AP: AP(ALL),
    AP50: APat(IOU_50),
    AP75: APat(IOU_75),
    APs: AP(SMALL),
    APm: AP(MEDIUM),
    APl: AP(LARGE),
    AR1: AR(ALL, 1),
    AR10: AR(ALL, 10),
    AR100: AR(ALL, 100),
    ARs: AR(SMALL, 100),
    ARm: AR(MEDIUM, 100),
    ARl: AR(LARGE, 100),
  };
}

function classFigures(columns: Columns, area: number, slot: number, labels: number): ClassFigures {
  const { order, starts } = columns.order;
  const tp = columns.tp[area];
  const ignored = columns.ignored[area];
  const skipped = new Uint32Array(IOU_COUNT);
  const hits = new Uint32Array(IOU_COUNT);
  const ranks = Array.from({ length: IOU_COUNT }, () => new Uint32Array(labels));
  const found = { 1: 0, 10: 0, 100: 0 };
  let skippedByAll = 0;
  for (let place = starts[slot]; place < starts[slot + 1]; place++) {
    const detection = order[place];
    if (ignored[detection] === ALL_THRESHOLDS) {
      skippedByAll++;
      continue;
    }
    if (ignored[detection] === 0 && tp[detection] === 0) continue;
    for (let t = 0; t < IOU_COUNT; t++) {
      const threshold = 1 << t;
      if (ignored[detection] & threshold) skipped[t]++;
      else if (tp[detection] & threshold) {
        ranks[t][hits[t]++] = place + 1 - starts[slot] - skipped[t] - skippedByAll;
        found[100]++;
        if (columns.rank[detection] < 10) found[10]++;
        if (columns.rank[detection] < 1) found[1]++;
      }
    }
  }
  const possible = IOU_COUNT * labels;
  return {
    AP: Float64Array.from(ranks, (all, t) =>
      cocoAveragePrecision({ ranks: all.subarray(0, hits[t]), labels }),
    ),
    recall: { 1: found[1] / possible, 10: found[10] / possible, 100: found[100] / possible },
  };
}

function countLabels(images: readonly CocoStatistics[], slotOf: (cls: number) => number, classes: number) {
  const counts = Array.from({ length: AREAS }, () => new Uint32Array(classes));
  for (const image of images) {
    image.labels.forEach((cls, label) => {
      for (let area = 0; area < AREAS; area++) {
        if (image.labelAreas[label] & (1 << area)) counts[area][slotOf(cls)]++;
      }
    });
  }
  return counts;
}

function concatenate(
  images: readonly CocoStatistics[],
  slotOf: (cls: number) => number,
  classes: number,
): Columns {
  const total = images.reduce((sum, image) => sum + image.cls.length, 0);
  const score = new Uint32Array(total);
  const rank = new Uint8Array(total);
  const slot = new Int32Array(total);
  const tp = Array.from({ length: AREAS }, () => new Uint16Array(total));
  const ignored = Array.from({ length: AREAS }, () => new Uint16Array(total));
  let offset = 0;
  for (const image of images) {
    const count = image.cls.length;
    score.set(image.score, offset);
    rank.set(image.rank, offset);
    for (let d = 0; d < count; d++) slot[offset + d] = slotOf(image.cls[d]);
    for (let area = 0; area < AREAS; area++) {
      tp[area].set(image.tp.subarray(area * count, (area + 1) * count), offset);
      ignored[area].set(image.ignored.subarray(area * count, (area + 1) * count), offset);
    }
    offset += count;
  }
  return { score, rank, tp, ignored, order: orderByClass(slot, score, classes) };
}

function meanOf<T>(items: readonly T[], value: (item: T) => number): number {
  if (items.length === 0) return -1;
  return items.reduce((sum, item) => sum + value(item), 0) / items.length;
}
