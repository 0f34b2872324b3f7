import { FAMILY_THRESHOLDS, type RankedPairs, reached } from './iou.ts';

/** Of labels that overlap a detection equally, a stable sort reversed puts the last one first. */
export const TIES_YOLOV5 = 'higher first';

/**
 * True positives by yolov5's rule: each detection is for its single best label of its class, and a label goes to
 * the most confident detection for it. A detection whose best label is taken gets no second choice.
 *
 * The reference sorts pairs by an unstable sort; equal IoUs are taken here as a stable one leaves them.
 *
 * Source: yolov5 utils/metrics.py:224-265 (`process_batch`).
 *
 * @param pairs ranked with `TIES_YOLOV5`, of any classes
 * @param detectionCls class per detection, detections by descending confidence
 * @param labelCls class per label
 * @returns per detection, bit `t` for IoU threshold 0.5 + 0.05 t
 */
export function matchYolov5(pairs: RankedPairs, detectionCls: Int32Array, labelCls: Int32Array): Uint16Array {
  const tp = new Uint16Array(pairs.starts.length - 1);
  const taken = new Uint16Array(labelCls.length);
  for (let detection = 0; detection < tp.length; detection++) {
    for (let pair = pairs.starts[detection]; pair < pairs.starts[detection + 1]; pair++) {
      const label = pairs.label[pair];
      if (labelCls[label] !== detectionCls[detection]) continue;
      const claim = reached(pairs.iou[pair], FAMILY_THRESHOLDS) & ~taken[label];
      tp[detection] = claim;
      taken[label] |= claim;
      break;
    }
  }
  return tp;
}
