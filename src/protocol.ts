/**
 * The reference validator whose rules decide about pixels, labels, NMS, matching and average precision:
 * yolov5's `val.py`, or Ultralytics' `yolo val` (8.4.190).
 */
export type Family = 'yolov5' | 'ultralytics';

/** What decides the verdict: a family's own mAP, or pycocotools' figures over the family's detections. */
export type Protocol = Family | 'coco';

/** Thresholds of the detection step. */
export interface DetectionOptions {
  /** Confidence floor; candidates must be strictly above it. */
  readonly conf: number;
  /** IoU above which NMS suppresses a box. */
  readonly iou: number;
  /** Detections kept per image. */
  readonly maxDet: number;
}

/** Defaults of the reference validators: yolov5 val.py:91-93, ultralytics cfg/default.yaml. */
export const DETECTION_DEFAULTS: Readonly<Record<Family, DetectionOptions>> = {
  yolov5: { conf: 0.001, iou: 0.6, maxDet: 300 },
  ultralytics: { conf: 0.001, iou: 0.7, maxDet: 300 },
};

/**
 * The thresholds to use: what the user asked for, else the family's defaults. Ultralytics raises a default `max_det` to
 * the most labels that one image has (detect/val.py:64-95).
 */
export function detectionOptions(
  family: Family,
  asked: { readonly [Key in keyof DetectionOptions]: number | null },
  mostLabelsInOneImage: number,
): DetectionOptions {
  const defaults = DETECTION_DEFAULTS[family];
  const maxDet = family === 'ultralytics' ? Math.max(defaults.maxDet, mostLabelsInOneImage) : defaults.maxDet;
  return {
    conf: asked.conf ?? defaults.conf,
    iou: asked.iou ?? defaults.iou,
    maxDet: asked.maxDet ?? maxDet,
  };
}
