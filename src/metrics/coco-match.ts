import { ALL_THRESHOLDS, COCO_THRESHOLDS, cocoIou, type RankedPairs, rankPairs, reached } from './iou.ts';
import type { CocoStatistics } from './types.ts';

/** Detections that count, per class and image. */
export const MAX_DETS = 100;

/** Least and greatest box area in pixels², both inclusive: all, small, medium, large (cocoeval.py, setDetParams). */
const AREA_RANGES = [
  [0, 1e5 ** 2],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e5 ** 2],
] as const;

export const AREAS = AREA_RANGES.length;

/** An image's ground truth: boxes left, top, width, height in native pixels. */
export interface CocoLabels {
  readonly cls: Int32Array;
  readonly ltwh: Float64Array;
  /** Area of the object in pixels²; the box's where there is no outline. */
  readonly area: Float64Array;
  /** 1 for a crowd: matches any number of detections, which then count neither way. */
  readonly crowd: Uint8Array;
}

/** An image's detections by descending score: boxes left, top, width, height in native pixels. */
export interface CocoDetections {
  readonly cls: Int32Array;
  readonly ltwh: Float64Array;
  /** In hundred-thousandths. */
  readonly score: Uint32Array;
}

/** Labels whose boxes alone are known: area = box area, no crowds. */
export function boxLabels(cls: Int32Array, ltwh: Float64Array): CocoLabels {
  const area = Float64Array.from(cls, (_, i) => ltwh[4 * i + 2] * ltwh[4 * i + 3]);
  return { cls, ltwh, area, crowd: new Uint8Array(cls.length) };
}

/**
 * Matches one image's detections for every area range and threshold, by COCO's rule: in order of score, each
 * claims its best unclaimed label of its class; labels outside the area range, and crowds, only if there is no
 * other. Detections on those, and unmatched ones outside the range, count neither way.
 *
 * Source: pycocotools 2.0.11 cocoeval.py:232-312 (`evaluateImg`).
 */
export function matchCoco(labels: CocoLabels, detections: CocoDetections): CocoStatistics {
  const top = firstOfEachClass(detections);
  const { cls, ltwh } = top;
  const iou = cocoIou(ltwh, labels.ltwh, labels.crowd);
  const pairs = rankPairs(
    cls.length,
    labels.cls.length,
    (d, l) => (cls[d] === labels.cls[l] ? iou(d, l) : 0),
    COCO_THRESHOLDS[0],
    'higher first',
  );
  const labelAreas = Uint8Array.from(labels.area, (area, l) => (labels.crowd[l] ? 0 : areaBits(area)));
  const detectionAreas = Uint8Array.from(cls, (_, d) => areaBits(ltwh[4 * d + 2] * ltwh[4 * d + 3]));
  const tp = new Uint16Array(AREAS * cls.length);
  const ignored = new Uint16Array(AREAS * cls.length);
  for (let area = 0; area < AREAS; area++) {
    const range = area * cls.length;
    matchArea(pairs, labels.crowd, bit(labelAreas, area), bit(detectionAreas, area), {
      tp: tp.subarray(range, range + cls.length),
      ignored: ignored.subarray(range, range + cls.length),
    });
  }
  return { score: top.score, cls, rank: top.rank, tp, ignored, labels: labels.cls, labelAreas };
}

function matchArea(
  pairs: RankedPairs,
  crowd: Uint8Array,
  labelCounts: (label: number) => boolean,
  detectionCounts: (detection: number) => boolean,
  { tp, ignored }: { readonly tp: Uint16Array; readonly ignored: Uint16Array },
): void {
  const claimed = new Uint16Array(crowd.length);
  for (let detection = 0; detection < tp.length; detection++) {
    let open = ALL_THRESHOLDS;
    for (const counts of [true, false]) {
      for (let pair = pairs.starts[detection]; pair < pairs.starts[detection + 1] && open; pair++) {
        const label = pairs.label[pair];
        if (labelCounts(label) !== counts) continue;
        const claim = reached(pairs.iou[pair], COCO_THRESHOLDS) & open & ~claimed[label];
        if (!crowd[label]) claimed[label] |= claim;
        open &= ~claim;
      }
      if (counts) tp[detection] = ALL_THRESHOLDS & ~open;
    }
    const unmatched = detectionCounts(detection) ? open : 0;
    ignored[detection] = ALL_THRESHOLDS & ~tp[detection] & ~unmatched;
  }
}

/** The first 100 detections of each class, and each one's place in its class. */
function firstOfEachClass({
  cls,
  ltwh,
  score,
}: CocoDetections): CocoDetections & { readonly rank: Uint8Array } {
  const seen = new Map<number, number>();
  const kept: number[] = [];
  const rank: number[] = [];
  for (let d = 0; d < cls.length; d++) {
    const place = seen.get(cls[d]) ?? 0;
    if (place === MAX_DETS) continue;
    seen.set(cls[d], place + 1);
    kept.push(d);
    rank.push(place);
  }
  return {
    cls: Int32Array.from(kept, (d) => cls[d]),
    ltwh: Float64Array.from({ length: 4 * kept.length }, (_, i) => ltwh[4 * kept[i >> 2] + (i & 3)]),
    score: Uint32Array.from(kept, (d) => score[d]),
    rank: Uint8Array.from(rank),
  };
}

function areaBits(area: number): number {
  let bits = 0;
  for (const [range, [least, greatest]] of AREA_RANGES.entries()) {
    if (area >= least && area <= greatest) bits |= 1 << range;
  }
  return bits;
}

function bit(words: Uint8Array, place: number): (index: number) => boolean {
  return (index) => (words[index] & (1 << place)) !== 0;
}
