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

/** Writes a detection's intersection over union with each label; 0 where they are not for one another. */
export type IouRow = (detection: number, row: Float64Array) => void;

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
 * Pairs with an IoU of at least `floor`, which is above 0. Of two labels with the same IoU, the one of the lower
 * index comes first, or else the one of the higher index: the references differ there.
 */
export function rankPairs(
  detections: number,
  labels: number,
  iouRow: IouRow,
  floor: number,
  ties: 'lower first' | 'higher first',
): RankedPairs {
  const starts = new Uint32Array(detections + 1);
  const label: number[] = [];
  const iou: number[] = [];
  const row = new Float64Array(labels);
  const higherFirst = ties === 'higher first';
  for (let d = 0; d < detections; d++) {
    const start = iou.length;
    iouRow(d, row);
    for (let l = 0; l < labels; l++) {
      const value = row[l];
      if (value < floor) continue;
      let place = iou.length;
      while (place > start && (value > iou[place - 1] || (higherFirst && value === iou[place - 1]))) {
        iou[place] = iou[place - 1];
        label[place] = label[place - 1];
        place--;
      }
      iou[place] = value;
      label[place] = l;
    }
    starts[d + 1] = iou.length;
  }
  return { starts, label, iou };
}

/**
 * IoU of boxes left, top, right, bottom, rounded to float32 after every operation as torch does, with 1e-7 in the
 * denominator.
 *
 * Source: ultralytics 8.4.190 utils/metrics.py:85-105 (`box_iou`), which yolov5 shares.
 */
export function torchIou(detections: Float32Array, labels: Float32Array): IouRow {
  const labelAreas = new Float32Array(labels.length / 4);
  for (let l = 0; l < labelAreas.length; l++) labelAreas[l] = torchArea(labels, 4 * l);
  return (detection, row) => {
    const d = 4 * detection;
    const x1 = detections[d];
    const y1 = detections[d + 1];
    const x2 = detections[d + 2];
    const y2 = detections[d + 3];
    const area = torchArea(detections, d);
    for (let l = 0; l < labelAreas.length; l++) {
      row[l] = 0;
      const i = 4 * l;
      if (labels[i] >= x2 || labels[i + 2] <= x1 || labels[i + 1] >= y2 || labels[i + 3] <= y1) continue;
      const width = f32(Math.min(x2, labels[i + 2]) - Math.max(x1, labels[i]));
      const height = f32(Math.min(y2, labels[i + 3]) - Math.max(y1, labels[i + 1]));
      const intersection = f32(Math.max(width, 0) * Math.max(height, 0));
      row[l] = f32(intersection / f32(f32(f32(labelAreas[l] + area) - intersection) + EPSILON));
    }
  };
}

/** Boxes of known classes: left, top, width, height. */
interface Boxes {
  readonly cls: Int32Array;
  readonly ltwh: Float64Array;
}

/**
 * IoU of boxes of the same class in doubles; for a crowd, the share of the detection that lies inside.
 *
 * Source: pycocotools 2.0.11 common/maskApi.c (`bbIou`).
 *
 * @param labels with 1 in `crowd` for crowds
 */
export function cocoIou(detections: Boxes, labels: Boxes & { readonly crowd: Uint8Array }): IouRow {
  return (detection, row) => {
    const cls = detections.cls[detection];
    const d = 4 * detection;
    const x = detections.ltwh[d];
    const y = detections.ltwh[d + 1];
    const w = detections.ltwh[d + 2];
    const h = detections.ltwh[d + 3];
    for (let l = 0; l < row.length; l++) {
      row[l] = 0;
      if (labels.cls[l] !== cls) continue;
      const lx = labels.ltwh[4 * l];
      const lw = labels.ltwh[4 * l + 2];
      const width = Math.min(w + x, lw + lx) - Math.max(x, lx);
      if (width <= 0) continue;
      const ly = labels.ltwh[4 * l + 1];
      const lh = labels.ltwh[4 * l + 3];
      const height = Math.min(h + y, lh + ly) - Math.max(y, ly);
      if (height <= 0) continue;
      const intersection = width * height;
      row[l] = intersection / (labels.crowd[l] ? w * h : w * h + lw * lh - intersection);
    }
  };
}

function torchArea(xyxy: Float32Array, i: number): number {
  return f32(f32(xyxy[i + 2] - xyxy[i]) * f32(xyxy[i + 3] - xyxy[i + 1]));
}
