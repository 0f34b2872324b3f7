import type { InputSize } from './image/letterbox.ts';

/** Pictures that `yolo val` takes at a time where nobody says how many. */
const BATCH = 16;

/** What a rectangle has more than its pictures need, in strides, before it is rounded up to whole ones. */
const MARGIN = 0.5;

/** What rectangles are made by, both in pixels. */
export interface RectangleRule {
  /** What the long side of every picture is scaled to. */
  readonly imgsz: number;
  /** The model's largest stride. */
  readonly stride: number;
}

/**
 * The rectangles that `yolo val` lays pictures into where a model takes any size: pictures of about the same shape make a batch, and
 * a batch has one rectangle, whose long side is `imgsz` and a margin.
 *
 * Source: ultralytics 8.4.190 data/base.py:414 `set_rectangle`, with the margin of data/build.py `build_yolo_dataset`. NumPy's
 * sort leaves open which of equal shapes come first, and so which of them are in the batch before; here they keep their order.
 *
 * @param pictures sizes as the pictures are shown, EXIF orientation applied.
 * @returns a rectangle for each picture, in their order.
 */
export function rectangles(pictures: readonly InputSize[], rule: RectangleRule): readonly InputSize[] {
  const shapes = pictures.map(({ width, height }) => height / width);
  const order = [...shapes.keys()].sort((a, b) => shapes[a]! - shapes[b]!);
  const found = new Array<InputSize>(pictures.length);
  for (let first = 0; first < order.length; first += BATCH) {
    const batch = order.slice(first, first + BATCH);
    const [flattest, tallest] = [shapes[batch[0]!]!, shapes[batch.at(-1)!]!];
    const rectangle = {
      width: side(flattest > 1 ? 1 / flattest : 1, rule),
      height: side(tallest < 1 ? tallest : 1, rule),
    };
    for (const picture of batch) found[picture] = rectangle;
  }
  return found;
}

/** The largest of them, whatever the pictures. */
export function largestRectangle(rule: RectangleRule): InputSize {
  return { width: side(1, rule), height: side(1, rule) };
}

/** @param share of the side that the picture's long side has. */
function side(share: number, { imgsz, stride }: RectangleRule): number {
  return Math.ceil((share * imgsz) / stride + MARGIN) * stride;
}
