import type { CocoLabels, Labels } from '../dataset/types.ts';
import type { Geometry } from '../validate/types.ts';
import { groundTruthBoxes } from './boxes.ts';
import { ALL_THRESHOLDS, COCO_THRESHOLDS, cocoIou, type RankedPairs, rankPairs, reached } from './iou.ts';
import type { CocoStatistics } from './types.ts';

/** Detections that count, per class and image. */
const MAX_DETS = 100;

/** Least and greatest box area in pixels², both inclusive: all, small, medium, large (cocoeval.py, setDetParams). */
const AREA_RANGES = [
  [0, 1e5 ** 2],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e5 ** 2],
] as const;

export const AREAS = AREA_RANGES.length;

/** An image's detections by descending score: boxes left, top, width, height in native pixels. */
export interface CocoDetections {
  readonly cls: Int32Array;
  readonly ltwh: Float64Array;
  /** In hundred-thousandths. */
  readonly score: Uint32Array;
}

/** Labels as COCO's figures take them; of a label file the boxes alone are known: area = box area, no crowds. */
export function cocoLabels(labels: Labels, geometry: Geometry): CocoLabels {
  if (labels.coco) return labels.coco;
  const ltwh = groundTruthBoxes(labels, geometry);
  return {
    cls: labels.cls.slice(0, labels.count),
    ltwh,
    area: boxAreas(ltwh),
    crowd: new Uint8Array(labels.count),
  };
}

/**
 * Matches one image's detections for every area range and threshold, by COCO's rule: in order of score, each
 * claims its best unclaimed label of its class; labels outside the area range, and crowds, only if there is no
 * other.
 *
 * Source: pycocotools 2.0.11 cocoeval.py:232-312 (`evaluateImg`).
 */
export function matchCoco(labels: CocoLabels, detections: CocoDetections): CocoStatistics {
  const first = firstOfEachClass(detections);
  const labelAreas = areaBits(labels.area);
  for (let l = 0; l < labelAreas.length; l++) if (labels.crowd[l]) labelAreas[l] = 0;
  const iou = cocoIou(first, labels);
  const pairs = rankPairs(first.cls.length, labels.cls.length, iou, COCO_THRESHOLDS[0], 'higher first');
  return {
    score: first.score,
    cls: first.cls,
    rank: first.rank,
    areas: areaBits(boxAreas(first.ltwh)),
    ...matchPairs(pairs, labels.crowd, labelAreas),
    labels: labels.cls,
    labelAreas,
  };
}

function matchPairs(
  pairs: RankedPairs,
  crowd: Uint8Array,
  labelAreas: Uint8Array,
): Pick<CocoStatistics, 'matched' | 'tp' | 'ignored'> {
  const claimed = Array.from({ length: AREAS }, () => new Uint16Array(crowd.length));
  const matched: number[] = [];
  const tp: number[] = [];
  const ignored: number[] = [];

  /** Thresholds, of the open ones, at which the detection gets a label that counts in the area, or does not. */
  function claim(detection: number, area: number, counting: 0 | 1, open: number): number {
    let left = open;
    for (let pair = pairs.starts[detection]; pair < pairs.starts[detection + 1]; pair++) {
      const label = pairs.label[pair];
      if (((labelAreas[label] >> area) & 1) !== counting) continue;
      const here = reached(pairs.iou[pair], COCO_THRESHOLDS) & left & ~claimed[area][label];
      if (!crowd[label]) claimed[area][label] |= here;
      left &= ~here;
    }
    return open & ~left;
  }

  for (let detection = 0; detection + 1 < pairs.starts.length; detection++) {
    if (pairs.starts[detection] === pairs.starts[detection + 1]) continue;
    matched.push(detection);
    for (let area = 0; area < AREAS; area++) {
      const hits = claim(detection, area, 1, ALL_THRESHOLDS);
      tp.push(hits);
      ignored.push(claim(detection, area, 0, ALL_THRESHOLDS & ~hits));
    }
  }
  return { matched: Uint32Array.from(matched), tp: Uint16Array.from(tp), ignored: Uint16Array.from(ignored) };
}

/** The first 100 detections of each class, and each one's place in its class. */
function firstOfEachClass({
  cls,
  ltwh,
  score,
}: CocoDetections): CocoDetections & { readonly rank: Uint8Array } {
  const seen = new Uint32Array(cls.reduce((most, value) => Math.max(most, value), -1) + 1);
  const kept = new Uint32Array(cls.length);
  const rank = new Uint8Array(cls.length);
  let count = 0;
  for (let d = 0; d < cls.length; d++) {
    const place = seen[cls[d]]++;
    if (place >= MAX_DETS) continue;
    kept[count] = d;
    rank[count++] = place;
  }
  if (count === cls.length) return { cls, ltwh, score, rank };
  const places = kept.subarray(0, count);
  return {
    cls: Int32Array.from(places, (d) => cls[d]),
    ltwh: Float64Array.from({ length: 4 * count }, (_, i) => ltwh[4 * places[i >> 2] + (i & 3)]),
    score: Uint32Array.from(places, (d) => score[d]),
    rank: rank.slice(0, count),
  };
}

function boxAreas(ltwh: Float64Array): Float64Array {
  const areas = new Float64Array(ltwh.length / 4);
  for (let box = 0; box < areas.length; box++) areas[box] = ltwh[4 * box + 2] * ltwh[4 * box + 3];
  return areas;
}

/** Bit `range` per area. */
function areaBits(areas: Float64Array): Uint8Array {
  const bits = new Uint8Array(areas.length);
  for (let range = 0; range < AREAS; range++) {
    const [least, greatest] = AREA_RANGES[range];
    for (let i = 0; i < areas.length; i++) {
      if (areas[i] >= least && areas[i] <= greatest) bits[i] |= 1 << range;
    }
  }
  return bits;
}
