/** pycocotools' twelve figures (cocoeval.py, summarize); -1 where there is no ground truth of that size. */
export interface CocoMetrics {
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  readonly AR1: number;
  readonly AR10: number;
  readonly AR100: number;
  readonly ARs: number;
  readonly ARm: number;
  readonly ARl: number;
}

/** One class's figures by the family's rule. */
export interface ClassMetrics {
  readonly id: number;
  readonly labels: number;
  /** Images that contain the class. */
  readonly images: number;
  readonly P: number;
  readonly R: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly AP50_95: number;
}

/** A model's figures on a split: the family's own, and pycocotools' over the same detections. */
export interface Metrics {
  readonly P: number;
  readonly R: number;
  readonly mAP50: number;
  readonly mAP75: number;
  readonly mAP50_95: number;
  /** Classes with at least one label, by ascending id. */
  readonly perClass: readonly ClassMetrics[];
  readonly coco: CocoMetrics;
  readonly images: number;
  readonly labels: number;
  readonly detections: number;
}
