import { linspace } from './average-precision.ts';

/** Points of the confidence axis. */
export const POINTS = 1000;

/** 0 to 1 in 1,000 points. */
export const AXIS = linspace(POINTS);

/** Float epsilon of F1's denominator. */
export const EPSILON = 1e-16;

/** Width of the box filter over the mean F1 line: yolov5's and ultralytics' `smooth(y, 0.1)` at 1,000 points. */
const WINDOW = 101;

/** One class's labels, at least one, and its detections by descending confidence. */
interface Detected {
  readonly labels: number;
  readonly conf: Float32Array;
  /** Bit 0: true positive at IoU 0.5. */
  readonly tp: Uint16Array;
}

/** One class's precision, recall and F1 over confidence at IoU 0.5. */
export interface ConfidenceCurves {
  readonly P: Float64Array;
  readonly R: Float64Array;
  readonly F1: Float64Array;
}

/**
 * Precision, recall and F1 at each confidence of the axis, by the rules of np.interp over the detections: on a
 * line between two of them, the last of several with one confidence, and above the highest P = 1 and R = 0.
 * All are 0 for a class without detections.
 *
 * Source: ultralytics 8.4.190 utils/metrics.py:838-866; yolov5 utils/metrics.py:25-94 does the same.
 */
export function confidenceCurves({ labels, conf, tp }: Detected): ConfidenceCurves {
  const P = new Float64Array(POINTS);
  const R = new Float64Array(POINTS);
  const F1 = new Float64Array(POINTS);
  const count = conf.length;
  if (count === 0) return { P, R, F1 };

  let seen = 0;
  let hits = 0;
  for (let point = POINTS - 1; point >= 0; point--) {
    const x = AXIS[point];
    for (; seen < count && conf[seen] >= x; seen++) hits += tp[seen] & 1;
    let precision = seen === 0 ? 1 : hits / seen;
    let recall = hits / labels;
    const last = seen - 1;
    if (seen > 0 && seen < count) {
      const next = hits + (tp[seen] & 1);
      const width = conf[last] - conf[seen];
      const distance = conf[last] - x;
      precision += ((next / (seen + 1) - precision) / width) * distance;
      recall += ((next / labels - recall) / width) * distance;
    }
    P[point] = precision;
    R[point] = recall;
    F1[point] = (2 * precision * recall) / (precision + recall + EPSILON);
  }
  return { P, R, F1 };
}

/**
 * Where both families read P and R: the index on the axis at which the mean F1 of all classes is highest after
 * smoothing by a box of 101 points, the ends repeated.
 *
 * Source: ultralytics 8.4.190 utils/metrics.py:666-671 (`smooth`) and 876.
 */
export function bestF1(perClass: readonly ConfidenceCurves[]): number {
  const mean = new Float64Array(POINTS);
  for (const { F1 } of perClass) for (let i = 0; i < POINTS; i++) mean[i] += F1[i];
  for (let i = 0; i < POINTS; i++) mean[i] /= perClass.length;
  return smoothedPeak(mean);
}

/** Where a line of {@link POINTS} values is highest, the first of equals, after smoothing by the box. */
export function smoothedPeak(line: Float64Array): number {
  const half = (WINDOW - 1) / 2;
  const padded = new Float64Array(POINTS + 2 * half);
  padded.fill(line[0], 0, half);
  padded.set(line, half);
  padded.fill(line[POINTS - 1], half + POINTS);
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < POINTS; i++) {
    let smooth = 0;
    for (let j = i; j < i + WINDOW; j++) smooth += padded[j] * (1 / WINDOW);
    if (smooth > highest) {
      highest = smooth;
      best = i;
    }
  }
  return best;
}
