import type { Detections } from '../validate/types.ts';

/** Weaker detections of the reference do not count. */
const LEAST_CONF = 0.05;

/**
 * How far a model's detections are those of another on the same picture: each detection of the reference, weighted by its
 * confidence, finds the one of its class that overlaps it best, by IoU times the share of the confidence that is left.
 *
 * It needs no labels and moves with every weight, where mAP moves in steps.
 *
 * @returns from 0 (nothing is found again) to 1 (all is the same), and the reference's confidences, summed up, which say how
 *   much the picture counts.
 */
export function agreement(
  reference: Detections,
  other: Detections,
): { readonly agreement: number; readonly weight: number } {
  let [agreed, weight] = [0, 0];
  for (let i = 0; i < reference.count; i++) {
    const conf = reference.conf[i]!;
    if (conf < LEAST_CONF) continue;
    let best = 0;
    for (let j = 0; j < other.count; j++) {
      if (other.cls[j] !== reference.cls[i]) continue;
      const share = Math.min(1, other.conf[j]! / conf);
      if (share <= best) continue;
      best = Math.max(best, share * iou(reference.xyxy, i, other.xyxy, j));
    }
    agreed += conf * best;
    weight += conf;
  }
  return { agreement: weight === 0 ? 1 : agreed / weight, weight };
}

function iou(a: Float32Array, i: number, b: Float32Array, j: number): number {
  const [left, top, right, bottom] = [a[4 * i]!, a[4 * i + 1]!, a[4 * i + 2]!, a[4 * i + 3]!];
  const [l, t, r, u] = [b[4 * j]!, b[4 * j + 1]!, b[4 * j + 2]!, b[4 * j + 3]!];
  const width = Math.min(right, r) - Math.max(left, l);
  const height = Math.min(bottom, u) - Math.max(top, t);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((right - left) * (bottom - top) + (r - l) * (u - t) - shared);
}
