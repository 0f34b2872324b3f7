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

/** A class's lines for plots, each of 1,000 values over `Curves.axis`; precision and recall at IoU 0.5. */
export interface ClassCurves {
  readonly id: number;
  /** Precision over confidence. */
  readonly P: Float64Array;
  /** Recall over confidence. */
  readonly R: Float64Array;
  /** F1 over confidence. */
  readonly F1: Float64Array;
  /** Precision over recall: the envelope that average precision integrates. */
  readonly PR: Float64Array;
}

/** The lines of the references' P, R, F1 and PR plots. */
export interface Curves {
  /** 0 to 1 in 1,000 points: confidence, or recall for `PR`. */
  readonly axis: Float64Array;
  /** Index on the axis of the best smoothed mean F1: where the family reads P and R. */
  readonly best: number;
  /** Classes with at least one label, by ascending id. */
  readonly perClass: readonly ClassCurves[];
}

/** Which class was taken for which, by the family's rule. */
export interface ConfusionMatrix {
  /** Number of classes; index `nc` stands for the background. */
  readonly nc: number;
  /** Counts by `predicted * (nc + 1) + actual`, without those that are 0: with ten thousand classes hardly any is another. */
  readonly counts: ReadonlyMap<number, number>;
}

/** What COCO's figures need to know of one image: at most 100 detections a class, by descending score. */
export interface CocoStatistics {
  /** Score in hundred-thousandths, as the JSON's five decimals carry it. */
  readonly score: Uint32Array;
  readonly cls: Int32Array;
  /** Place among the image's detections of the class, from 0. */
  readonly rank: Uint8Array;
  /** Bit `area` per detection: whether its box lies in that area range (all, small, medium, large). */
  readonly areas: Uint8Array;
  /** Detections, by index and ascending, that are for a label in any area range at any threshold. */
  readonly matched: Uint32Array;
  /** True positives: `tp[4 * place in matched + area]`, bit `t` for IoU threshold 0.5 + 0.05 t. */
  readonly tp: Uint16Array;
  /** For a label that does not count, which makes the detection count neither way; in the same layout. */
  readonly ignored: Uint16Array;
  /** Class per label. */
  readonly labels: Int32Array;
  /** Bit `area` per label: whether it counts in that area range. */
  readonly labelAreas: Uint8Array;
}

/**
 * One image's share of every figure. All figures are functions of a list of these, in any number and any
 * selection, so that images can be resampled without matching boxes again.
 */
export interface ImageStatistics {
  readonly path: string;
  /** The image's number in the COCO JSON that its labels were read from, if any. */
  readonly id?: number | undefined;
  /** Class per label. */
  readonly labels: Int32Array;
  /** Confidence per detection, descending. */
  readonly conf: Float32Array;
  readonly cls: Int32Array;
  /** True positives by the family's rule: bit `t` for IoU threshold 0.5 + 0.05 t. */
  readonly tp: Uint16Array;
  readonly coco: CocoStatistics;
}
