import type { Family } from '../protocol.ts';

/** COCO's 101 recalls, which all three protocols sample. */
const SAMPLES = 101;

/**
 * One class at one IoU threshold, detections by descending confidence. Precision only rises at a true positive,
 * so their places say all about the curve.
 */
export interface Hits {
  /** For each true positive, how many detections there are up to and including it. */
  readonly ranks: Uint32Array;
  readonly detections: number;
  readonly labels: number;
}

/** np.linspace(0, 1, count). */
export function linspace(count: number): Float64Array {
  const step = 1 / (count - 1);
  return Float64Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : i * step));
}

const RECALLS = linspace(SAMPLES);

/**
 * Average precision by the family's rule: the trapezoid over 101 points of the interpolated curve, of which the
 * ceiling is 0.995. From the last recall on, yolov5 draws a line to (1, 0), ultralytics drops to 0.
 *
 * Sources: yolov5 utils/metrics.py:97-126; ultralytics 8.4.190 utils/metrics.py:771-792 (`compute_ap`).
 */
export function familyAveragePrecision(hits: Hits, family: Family): number {
  const precision = familyPrecision(hits, RECALLS, family);
  let area = 0;
  for (let i = 1; i < SAMPLES; i++) {
    area += ((RECALLS[i] - RECALLS[i - 1]) * (precision[i] + precision[i - 1])) / 2;
  }
  return area;
}

/** The family's precision envelope at ascending recalls, as np.interp reads it. */
export function familyPrecision(hits: Hits, recalls: Float64Array, family: Family): Float64Array {
  const { ranks, detections, labels } = hits;
  const precision = new Float64Array(recalls.length);
  if (ranks.length === 0) return precision;
  const envelope = precisionEnvelope(ranks, 0);
  const lastRecall = ranks.length / labels;
  const lastPrecision = ranks.length / detections;
  let hit = 0;
  for (let i = 0; i < recalls.length; i++) {
    const recall = recalls[i];
    while (hit < ranks.length && (hit + 1) / labels <= recall) hit++;
    if (hit < ranks.length) precision[i] = envelope[hit];
    else if (family === 'yolov5' && recall < 1) {
      precision[i] = (-lastPrecision / (1 - lastRecall)) * (recall - lastRecall) + lastPrecision;
    }
  }
  return precision;
}

/**
 * COCO's average precision: the mean of the envelope at the first true positive that reaches each of 101 recalls,
 * 0 past the last; the ceiling is 1.
 *
 * Source: pycocotools 2.0.11 cocoeval.py:366-404.
 */
export function cocoAveragePrecision({ ranks, labels }: Pick<Hits, 'ranks' | 'labels'>): number {
  const envelope = precisionEnvelope(ranks, Number.EPSILON);
  let sum = 0;
  let hit = 0;
  for (const recall of RECALLS) {
    while (hit < ranks.length && (hit + 1) / labels < recall) hit++;
    if (hit === ranks.length) break;
    sum += envelope[hit];
  }
  return sum / SAMPLES;
}

/** The highest precision from each true positive on. */
function precisionEnvelope(ranks: Uint32Array, epsilon: number): Float64Array {
  const envelope = new Float64Array(ranks.length);
  let highest = 0;
  for (let hit = ranks.length - 1; hit >= 0; hit--) {
    highest = Math.max(highest, (hit + 1) / (ranks[hit] + epsilon));
    envelope[hit] = highest;
  }
  return envelope;
}
