const f32 = Math.fround;

/** Float32 epsilon of the references' `box_iou`. */
const EPSILON = f32(1e-7);

/** Ten IoU thresholds, 0.5 to 0.95. */
export const IOU_COUNT = 10;

/** All thresholds' bits. */
export const ALL_THRESHOLDS = (1 << IOU_COUNT) - 1;

/**
 * The families' thresholds: torch.linspace(.5, .95, 10) in float32, which is each decimal's nearest float32.
 * A test pins their bits.
 */
export const FAMILY_THRESHOLDS: ArrayLike<number> = Float32Array.from(
  { length: IOU_COUNT },
  (_, t) => (50 + 5 * t) / 100,
);

/** pycocotools' thresholds (cocoeval.py, setDetParams): np.linspace in double, which is start + index × step. */
export const COCO_THRESHOLDS: ArrayLike<number> = Float64Array.from({ length: IOU_COUNT }, (_, t) =>
  t === IOU_COUNT - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / 9),
);

/** Intersection over union of a detection and a label, both by index. */
export type Iou = (detection: number, label: number) => number;

/** Overlapping detections and labels: per detection a run of labels, the best first. */
export interface RankedPairs {
  /** Pairs of detection `d` are those from `starts[d]` up to `starts[d + 1]`. */
  readonly starts: Uint32Array;
  readonly label: readonly number[];
  readonly iou: readonly number[];
}

/** A bit for each threshold that the IoU reaches; `thresholds` ascend. */
export function reached(iou: number, thresholds: ArrayLike<number>): number {
  let count = 0;
  while (count < thresholds.length && iou >= thresholds[count]) count++;
  return (1 << count) - 1;
}

/**
 * Pairs with an IoU of at least `floor`. Of two labels with the same IoU, the one of the lower index comes first,
 * or else the one of the higher index: the references differ there.
 */
export function rankPairs(
  detections: number,
  labels: number,
  iou: Iou,
  floor: number,
  ties: 'lower first' | 'higher first',
): RankedPairs {
  const starts = new Uint32Array(detections + 1);
  const label: number[] = [];
  const ious: number[] = [];
  const higherFirst = ties === 'higher first';
  for (let d = 0; d < detections; d++) {
    const start = ious.length;
    for (let l = 0; l < labels; l++) {
      const value = iou(d, l);
      if (value < floor) continue;
      let place = ious.length;
      while (place > start && (value > ious[place - 1] || (higherFirst && value === ious[place - 1]))) {
        ious[place] = ious[place - 1];
        label[place] = label[place - 1];
        place--;
      }
      ious[place] = value;
      label[place] = l;
    }
    starts[d + 1] = ious.length;
  }
  return { starts, label, iou: ious };
}

/**
 * IoU of boxes left, top, right, bottom, rounded to float32 after every operation as torch does, with 1e-7 in the
 * denominator.
 *
 * Source: ultralytics 8.4.190 utils/metrics.py:85-105 (`box_iou`), which yolov5 shares.
 */
export function torchIou(detections: Float32Array, labels: Float32Array): Iou {
  const detectionAreas = areas(detections);
  const labelAreas = areas(labels);
  return (detection, label) => {
    const d = 4 * detection;
    const l = 4 * label;
    const width = Math.min(detections[d + 2], labels[l + 2]) - Math.max(detections[d], labels[l]);
    if (width <= 0) return 0;
    const height = Math.min(detections[d + 3], labels[l + 3]) - Math.max(detections[d + 1], labels[l + 1]);
    if (height <= 0) return 0;
    const intersection = f32(f32(width) * f32(height));
    const sum = f32(labelAreas[label] + detectionAreas[detection]);
    return f32(intersection / f32(f32(sum - intersection) + EPSILON));
  };
}

/**
 * IoU of boxes left, top, width, height in doubles; for a crowd, the share of the detection that lies inside.
 *
 * Source: pycocotools 2.0.11 common/maskApi.c (`bbIou`).
 */
export function cocoIou(detections: Float64Array, labels: Float64Array, crowd: Uint8Array): Iou {
  return (detection, label) => {
    const d = 4 * detection;
    const l = 4 * label;
    const dx = detections[d];
    const dw = detections[d + 2];
    const lx = labels[l];
    const lw = labels[l + 2];
    const width = Math.min(dw + dx, lw + lx) - Math.max(dx, lx);
    if (width <= 0) return 0;
    const dy = detections[d + 1];
    const dh = detections[d + 3];
    const ly = labels[l + 1];
    const lh = labels[l + 3];
    const height = Math.min(dh + dy, lh + ly) - Math.max(dy, ly);
    if (height <= 0) return 0;
    const intersection = width * height;
    return intersection / (crowd[label] ? dw * dh : dw * dh + lw * lh - intersection);
  };
}

function areas(xyxy: Float32Array): Float32Array {
  return Float32Array.from({ length: xyxy.length / 4 }, (_, box) => {
    const i = 4 * box;
    return f32(xyxy[i + 2] - xyxy[i]) * f32(xyxy[i + 3] - xyxy[i + 1]);
  });
}
