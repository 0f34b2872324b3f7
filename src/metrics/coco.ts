import { cocoAveragePrecision } from './average-precision.ts';
import { AREAS } from './coco-match.ts';
import { IOU_COUNT } from './iou.ts';
import { type ClassGroups, type ClassSlots, classSlots, descending, groupByClass } from './ordering.ts';
import type { CocoMetrics, CocoStatistics } from './types.ts';

const [ALL, SMALL, MEDIUM, LARGE] = [0, 1, 2, 3];
const IOU_50 = 0;
const IOU_75 = 5;

/** All images' detections, grouped by class. */
interface Columns {
  readonly starts: Uint32Array;
  readonly score: Uint32Array;
  readonly rank: Uint8Array;
  readonly areas: Uint8Array;
  /** Row of `tp` and `ignored`, or -1: the detection is for no label. */
  readonly row: Int32Array;
  readonly tp: Uint16Array;
  readonly ignored: Uint16Array;
}

/** One class in one area range. */
interface ClassFigures {
  /** Average precision per IoU threshold. */
  readonly AP: readonly number[];
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
  const slots = classSlots(images.map((image) => image.labels));
  const labels = countLabels(images, slots);
  const columns = groupColumns(
    images,
    groupByClass(
      images.map((image) => image.cls),
      slots,
    ),
  );
  const byArea: ClassFigures[][] = Array.from({ length: AREAS }, () => []);
  for (let slot = 0; slot < slots.classes.length; slot++) {
    const tallies = labels.map((counts) => new Tally(counts[slot]));
    countClass(columns, slot, tallies);
    for (const [area, tally] of tallies.entries()) if (tally.labels > 0) byArea[area].push(tally.figures());
  }
  const AP = (area: number) => meanOf(byArea[area], (figures) => meanOf(figures.AP, (ap) => ap));
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

/** Counts one class's detections in one area range, by descending score. */
class Tally {
  readonly labels: number;
  /** Detections for a label, as far as they count, per threshold. */
  readonly #counted = new Uint32Array(IOU_COUNT);
  readonly #hits = new Uint32Array(IOU_COUNT);
  readonly #ranks: readonly Uint32Array[];
  readonly #found = { 1: 0, 10: 0, 100: 0 };

  constructor(labels: number) {
    this.labels = labels;
    this.#ranks = Array.from({ length: IOU_COUNT }, () => new Uint32Array(labels));
  }

  /**
   * A detection for a label.
   *
   * @param tp bits of thresholds at which it hits
   * @param ignored bits of thresholds at which it does not count
   * @param rank its place among its image's detections of the class
   * @param unmatched how many detections for no label counted before it
   */
  add(tp: number, ignored: number, rank: number, unmatched: number): void {
    for (let t = 0; t < IOU_COUNT; t++) {
      if (ignored & (1 << t)) continue;
      this.#counted[t]++;
      if (!(tp & (1 << t))) continue;
      this.#ranks[t][this.#hits[t]++] = unmatched + this.#counted[t];
      this.#found[100]++;
      if (rank < 10) this.#found[10]++;
      if (rank < 1) this.#found[1]++;
    }
  }

  figures(): ClassFigures {
    const { labels } = this;
    const possible = IOU_COUNT * labels;
    return {
      AP: this.#ranks.map((all, t) =>
        cocoAveragePrecision({ ranks: all.subarray(0, this.#hits[t]), labels }),
      ),
      recall: {
        1: this.#found[1] / possible,
        10: this.#found[10] / possible,
        100: this.#found[100] / possible,
      },
    };
  }
}

/**
 * Counts a class's detections by descending score. Where one is for no label, it is a false positive in the area
 * ranges of its own box, and does not count in others.
 */
function countClass(columns: Columns, slot: number, tallies: readonly Tally[]): void {
  const start = columns.starts[slot];
  const order = descending(columns.score.subarray(start, columns.starts[slot + 1]));
  const unmatched = new Uint32Array(AREAS);
  for (let i = 0; i < order.length; i++) {
    const place = start + order[i];
    const areas = columns.areas[place];
    const row = columns.row[place];
    for (let area = 0; area < AREAS; area++) {
      const inRange = (areas >> area) & 1;
      if (row < 0) unmatched[area] += inRange;
      else {
        const tp = columns.tp[AREAS * row + area];
        const ignored = inRange ? columns.ignored[AREAS * row + area] : ~tp;
        tallies[area].add(tp, ignored, columns.rank[place], unmatched[area]);
      }
    }
  }
}

/** Labels that count, per area range and class slot. */
function countLabels(images: readonly CocoStatistics[], { classes, slots }: ClassSlots): Uint32Array[] {
  const counts = Array.from({ length: AREAS }, () => new Uint32Array(classes.length));
  for (const { labels, labelAreas } of images) {
    for (const [label, cls] of labels.entries()) {
      for (let area = 0; area < AREAS; area++) {
        if (labelAreas[label] & (1 << area)) counts[area][slots[cls]]++;
      }
    }
  }
  return counts;
}

function groupColumns(images: readonly CocoStatistics[], { starts, places }: ClassGroups): Columns {
  const total = starts[starts.length - 1];
  const rows = images.reduce((sum, image) => sum + image.matched.length, 0);
  const score = new Uint32Array(total);
  const rank = new Uint8Array(total);
  const areas = new Uint8Array(total);
  const row = new Int32Array(total).fill(-1);
  const tp = new Uint16Array(AREAS * rows);
  const ignored = new Uint16Array(AREAS * rows);
  let offset = 0;
  let firstRow = 0;
  for (const image of images) {
    for (let d = 0; d < image.cls.length; d++) {
      const place = places[offset + d];
      if (place < 0) continue;
      score[place] = image.score[d];
      rank[place] = image.rank[d];
      areas[place] = image.areas[d];
    }
    for (const [i, d] of image.matched.entries()) row[places[offset + d]] = firstRow + i;
    tp.set(image.tp, AREAS * firstRow);
    ignored.set(image.ignored, AREAS * firstRow);
    offset += image.cls.length;
    firstRow += image.matched.length;
  }
  return { starts, score, rank, areas, row, tp, ignored };
}

function meanOf<T>(items: readonly T[], value: (item: T) => number): number {
  if (items.length === 0) return -1;
  return items.reduce((sum, item) => sum + value(item), 0) / items.length;
}
