import { readFileSync } from 'node:fs';

/** [index, P, R, AP50, AP75, AP50-95] per class, one after the other. */
type FlatClasses = readonly number[];

interface ExpectedFamily {
  readonly classes: FlatClasses;
  /** True positives at each IoU threshold. */
  readonly tp: readonly number[];
  readonly confusion: readonly number[] | null;
  /** pycocotools' twelve figures, over the family's boxes. */
  readonly coco: readonly number[];
  /** Detections written to JSON. */
  readonly rows: number;
}

interface BoxVectors {
  readonly path: string;
  readonly labels: readonly number[];
  /** Left, top, width, height, score per detection. */
  readonly json: readonly number[];
}

/** What the reference validators make of the random sets; written by test/fixtures/metrics/make.py. */
export interface Expected {
  /** The families' ten, then COCO's. */
  readonly iouThresholds: readonly number[];
  readonly boxes: readonly { seed: number; yolov5: BoxVectors; ultralytics: BoxVectors }[];
  readonly crowds: readonly (readonly number[])[];
  readonly sets: readonly {
    readonly yolov5: ExpectedFamily;
    readonly ultralytics: ExpectedFamily;
    /** By ultralytics, every 16th set: values 0, 17, 333, 666 and the sum of each class's line. */
    readonly curves?: Readonly<Record<'P' | 'R' | 'F1' | 'PR', readonly (readonly number[])[]>>;
  }[];
}

export const EXPECTED: Expected = JSON.parse(
  readFileSync(new URL('../fixtures/metrics/expected.json', import.meta.url), 'utf8'),
);

/** As far as the references' numbers are known: twelve digits are stored. */
export const TOLERANCE = 1e-9;
