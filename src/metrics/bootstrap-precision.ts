import type { Family } from '../protocol.ts';
import { linspace } from './average-precision.ts';
import type { DetectionColumns, ImageNumbers } from './bootstrap-columns.ts';
import { IOU_COUNT } from './iou.ts';

const SAMPLES = 101;
const RECALLS = linspace(SAMPLES);

/** Whose rule samples the precision envelope, see average-precision.ts. */
export type PrecisionRule = Family | 'coco';

/** One class's figures of one resample. */
export interface WeightedFigures {
  /** Average precision per IoU threshold. */
  readonly AP: Float64Array;
  /** True positives, summed over the thresholds, among the first 1, 10 and 100 detections per image. */
  readonly found: Float64Array;
}

/** Counts one class after the other; what it returns holds until the next. */
export type WeightedPrecision = (
  columns: DetectionColumns,
  slot: number,
  labels: number,
  weights: Uint16Array,
) => WeightedFigures;

/**
 * Average precision where an image counts as often as its weight says: the figures of average-precision.ts for a list that
 * holds each image so many times, without making that list.
 *
 * An image's detections weigh alike, so copies of a true positive are neighbours and precision rises along them: the last
 * copy stands for all. One pass forward counts the detections in front of each true positive; one backward keeps the highest
 * precision so far and adds it for each recall that it stands for.
 *
 * @param capacity the most matched detections that a class has.
 */
export function weightedPrecision(rule: PrecisionRule, capacity: number): WeightedPrecision {
  const coco = rule === 'coco';
  const line = rule === 'yolov5';
  const row = new Uint32Array(capacity);
  const weight = new Uint32Array(capacity);
  const seenAt = new Uint32Array(capacity);
  const hits = new Uint32Array(IOU_COUNT);
  const skipped = new Uint32Array(IOU_COUNT);
  const highest = new Float64Array(IOU_COUNT);
  const sample = new Uint32Array(IOU_COUNT);
  const sum = new Float64Array(IOU_COUNT);
  const found = new Float64Array(3);

  /** @returns how many of the recalls the last true positive reaches. */
  function samplesReached(recall: number): number {
    let count = Math.min(SAMPLES, Math.ceil(recall * (SAMPLES - 1)) + 2);
    while (count > 0 && (coco ? RECALLS[count - 1] > recall : RECALLS[count - 1] >= recall)) count--;
    return count;
  }

  return (columns, slot, labels, weights) => {
    const { image, matched, tp, ignored, rank } = columns;
    const end = columns.starts[slot + 1];
    let place = columns.starts[slot];
    let seen = 0;
    let count = 0;
    hits.fill(0);
    skipped.fill(0);
    found.fill(0);
    for (let m = columns.matchedStarts[slot]; m < columns.matchedStarts[slot + 1]; m++) {
      const at = matched[m];
      seen += weightOf(image, weights, place, at);
      place = at;
      const copies = weights[image[at]];
      if (copies === 0) continue;
      place = at + 1;
      seen += copies;
      row[count] = m;
      weight[count] = copies;
      seenAt[count++] = seen;
      for (let bits = tp[m]; bits; bits &= bits - 1) {
        hits[31 - Math.clz32(bits & -bits)] += copies;
        if (!coco) continue;
        found[2] += copies;
        if (rank[m] < 10) found[1] += copies;
        if (rank[m] < 1) found[0] += copies;
      }
      for (let bits = ignored[m]; bits; bits &= bits - 1) skipped[31 - Math.clz32(bits & -bits)] += copies;
    }
    if (line) seen += weightOf(image, weights, place, end);

    for (let t = 0; t < IOU_COUNT; t++) {
      highest[t] = 0;
      sum[t] = 0;
      const recall = hits[t] / labels;
      sample[t] = hits[t] === 0 ? 0 : samplesReached(recall);
      if (line && hits[t] > 0 && recall < 1) sum[t] = lineSum(sample[t], recall, hits[t] / seen);
    }
    for (let i = count - 1; i >= 0; i--) {
      const copies = weight[i];
      const before = seenAt[i];
      for (let bits = tp[row[i]]; bits; bits &= bits - 1) {
        const t = 31 - Math.clz32(bits & -bits);
        const precision = hits[t] / (before - skipped[t]);
        if (precision > highest[t]) highest[t] = precision;
        hits[t] -= copies;
        const recall = hits[t] / labels;
        let k = sample[t];
        if (coco && hits[t] > 0) while (k > 0 && RECALLS[k - 1] > recall) k--;
        else while (k > 0 && RECALLS[k - 1] >= recall) k--;
        sum[t] += (sample[t] - k) * highest[t];
        sample[t] = k;
      }
      for (let bits = ignored[row[i]]; bits; bits &= bits - 1)
        skipped[31 - Math.clz32(bits & -bits)] -= copies;
    }
    // The trapezoid over evenly spaced points; the last is 0 by both families' rules, the first is the highest.
    for (let t = 0; t < IOU_COUNT; t++) {
      sum[t] = coco ? sum[t] / SAMPLES : (sum[t] - highest[t] / 2) / (SAMPLES - 1);
    }
    return { AP: sum, found };
  };
}

/** How often the images of the detections from place `from` up to `to` are drawn, all together. */
function weightOf(image: ImageNumbers, weights: Uint16Array, from: number, to: number): number {
  let total = 0;
  for (let place = from; place < to; place++) total += weights[image[place]];
  return total;
}

/** yolov5's line from the last true positive to (1, 0), summed over the recalls from number `first` on. */
function lineSum(first: number, lastRecall: number, lastPrecision: number): number {
  const count = SAMPLES - 1 - first;
  const recalls = ((first + SAMPLES - 2) * count) / 2 / (SAMPLES - 1);
  return (lastPrecision * (count - recalls)) / (1 - lastRecall);
}
