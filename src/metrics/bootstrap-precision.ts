import type { Family } from '../protocol.ts';
import { linspace } from './average-precision.ts';
import type { DetectionColumns } from './bootstrap-columns.ts';
import { addWeights, LANES, type Lanes, type LaneTotals, laneTotals } from './bootstrap-lanes.ts';
import { IOU_COUNT } from './iou.ts';

const SAMPLES = 101;
const RECALLS = linspace(SAMPLES);

/** Whose rule samples the precision envelope, see average-precision.ts. */
export type PrecisionRule = Family | 'coco';

/** One class's figures of each weighting. */
export interface WeightedFigures {
  /** Average precision: `AP[lane * IOU_COUNT + t]`. */
  readonly AP: Float64Array;
  /** Per lane true positives, summed over the thresholds, among the first 1, 10 and 100 detections an image; for COCO. */
  readonly found: Float64Array;
}

/** Counts one class after the other; what it returns holds until the next, for lanes that have labels. */
export type WeightedPrecision = (
  columns: DetectionColumns,
  slot: number,
  labels: LaneTotals,
  lanes: Lanes,
) => WeightedFigures;

/**
 * Average precision where an image counts as often as its weight says: the figures of average-precision.ts for a list that
 * holds each image so many times, without making that list.
 *
 * An image's detections weigh alike, so copies of a true positive are neighbours and precision rises along them: the last
 * copy stands for all. One pass forward counts the detections up to each true positive, for all lanes at once; then each
 * lane and threshold takes one backward.
 *
 * @param capacity the most matched detections that a class has.
 */
export function weightedPrecision(rule: PrecisionRule, capacity: number): WeightedPrecision {
  const seenAt = Array.from({ length: LANES }, () => new Float64Array(capacity));
  const seen = laneTotals();
  const AP = new Float64Array(LANES * IOU_COUNT);
  const found = new Float64Array(LANES * 3);
  const limits = new Int32Array(SAMPLES);

  return (columns, slot, labels, lanes) => {
    const { image, matched, starts, matchedStarts, eventStarts } = columns;
    const [first, last] = [matchedStarts[slot], matchedStarts[slot + 1]];
    seen.fill(0);
    let place = starts[slot];
    for (let m = first; m < last; m++) {
      addWeights(lanes, image, place, matched[m] + 1, seen);
      place = matched[m] + 1;
      for (let lane = 0; lane < LANES; lane++) seenAt[lane][m - first] = seen[lane];
    }
    if (rule === 'yolov5') addWeights(lanes, image, place, starts[slot + 1], seen);
    if (rule === 'coco') countFound(columns, slot, lanes, found);

    for (let lane = 0; lane < LANES; lane++) {
      if (labels[lane] === 0) continue;
      hitLimits(labels[lane], rule, limits);
      for (let t = 0; t < IOU_COUNT; t++) {
        const group = slot * IOU_COUNT + t;
        AP[lane * IOU_COUNT + t] = averagePrecision(
          columns,
          { from: eventStarts[group], to: eventStarts[group + 1] },
          { lanes, lane, seenAt: seenAt[lane], seen: seen[lane], labels: labels[lane] },
          rule,
          limits,
        );
      }
    }
    return { AP, found };
  };
}

/** One weighting of one class. */
interface Weighted {
  readonly lanes: Lanes;
  readonly lane: number;
  /** Detections up to each matched one. */
  readonly seenAt: Float64Array;
  /** All detections; yolov5's rule alone asks for them. */
  readonly seen: number;
  readonly labels: number;
}

/**
 * One weighting of one class at one threshold, from the last true positive to the first: keeps the highest precision so far
 * and adds it for each recall that it stands for. A true positive of weight 0 needs no exception: the one in front of it has
 * as many hits among no more detections.
 *
 * @param limits by {@link hitLimits}.
 */
function averagePrecision(
  { events, eventImage }: DetectionColumns,
  { from, to }: { readonly from: number; readonly to: number },
  { lanes: { packed }, lane, seenAt, seen, labels }: Weighted,
  rule: PrecisionRule,
  limits: Int32Array,
): number {
  const shift = 8 * lane;
  let hits = 0;
  let skipped = 0;
  for (let e = from; e < to; e++) {
    const weight = (packed[eventImage[e]] >>> shift) & 0xff;
    if (events[e] & 1) skipped += weight;
    else hits += weight;
  }
  if (hits === 0) return 0;
  const recall = hits / labels;
  let sample = Math.min(SAMPLES, Math.ceil(recall * (SAMPLES - 1)) + 2);
  while (sample > 0 && hits <= limits[sample - 1]) sample--;
  let limit = sample > 0 ? limits[sample - 1] : -1;
  let sum = rule === 'yolov5' && recall < 1 ? lineSum(sample, recall, hits / seen) : 0;
  let highest = 0;
  for (let e = to - 1; e >= from; e--) {
    const weight = (packed[eventImage[e]] >>> shift) & 0xff;
    const event = events[e];
    if (event & 1) {
      skipped -= weight;
      continue;
    }
    const precision = hits / (seenAt[event >> 1] - skipped);
    if (precision > highest) highest = precision;
    hits -= weight;
    if (hits > limit) continue;
    const before = sample;
    while (sample > 0 && hits <= limits[sample - 1]) sample--;
    limit = sample > 0 ? limits[sample - 1] : -1;
    sum += (before - sample) * highest;
  }
  // The trapezoid over evenly spaced points; the last is 0 by both families' rules, the first is the highest.
  return rule === 'coco' ? sum / SAMPLES : (sum - highest / 2) / (SAMPLES - 1);
}

/** For each recall the most hits that do not reach it: no recall is reached by none. */
function hitLimits(labels: number, rule: PrecisionRule, limits: Int32Array): void {
  for (let k = 0; k < SAMPLES; k++) {
    const target = RECALLS[k];
    let hits = Math.floor(target * labels) + 1;
    while (hits > 0 && (rule === 'coco' ? target <= hits / labels : target < hits / labels)) hits--;
    limits[k] = hits;
  }
}

function countFound(
  { image, matched, matchedStarts, hits, rank }: DetectionColumns,
  slot: number,
  { packed }: Lanes,
  found: Float64Array,
): void {
  found.fill(0);
  for (let m = matchedStarts[slot]; m < matchedStarts[slot + 1]; m++) {
    const weights = packed[image[matched[m]]];
    for (let lane = 0; lane < LANES; lane++) {
      const count = hits[m] * ((weights >>> (8 * lane)) & 0xff);
      found[3 * lane + 2] += count;
      if (rank[m] < 10) found[3 * lane + 1] += count;
      if (rank[m] < 1) found[3 * lane] += count;
    }
  }
}

/** yolov5's line from the last true positive to (1, 0), summed over the recalls from number `first` on. */
function lineSum(first: number, lastRecall: number, lastPrecision: number): number {
  const count = SAMPLES - 1 - first;
  const recalls = ((first + SAMPLES - 2) * count) / 2 / (SAMPLES - 1);
  return (lastPrecision * (count - recalls)) / (1 - lastRecall);
}
