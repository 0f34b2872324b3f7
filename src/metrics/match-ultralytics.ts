import { ALL_THRESHOLDS, FAMILY_THRESHOLDS, type RankedPairs, reached } from './iou.ts';

/** Of labels that overlap a detection equally, argmax takes the first. */
export const TIES_ULTRALYTICS = 'lower first';

/**
 * True positives by the greedy rule of ultralytics 8.4.180 and later: in order of confidence, each detection
 * claims at each threshold its best label of its class that no other has claimed there.
 *
 * Source: ultralytics 8.4.190 engine/validator.py:321-358 (`match_predictions`).
 *
 * @param pairs ranked with `TIES_ULTRALYTICS`, of any classes
 * @param detectionCls class per detection, detections by descending confidence
 * @param labelCls class per label
 * @returns per detection, bit `t` for IoU threshold 0.5 + 0.05 t
 */
export function matchUltralytics(
  pairs: RankedPairs,
  detectionCls: Int32Array,
  labelCls: Int32Array,
): Uint16Array {
  const tp = new Uint16Array(pairs.starts.length - 1);
  const claimed = new Uint16Array(labelCls.length);
  for (let detection = 0; detection < tp.length; detection++) {
    let open = ALL_THRESHOLDS;
    for (let pair = pairs.starts[detection]; pair < pairs.starts[detection + 1] && open; pair++) {
      const label = pairs.label[pair];
      if (labelCls[label] !== detectionCls[detection]) continue;
      const claim = reached(pairs.iou[pair], FAMILY_THRESHOLDS) & open & ~claimed[label];
      claimed[label] |= claim;
      open &= ~claim;
    }
    tp[detection] = ALL_THRESHOLDS & ~open;
  }
  return tp;
}
