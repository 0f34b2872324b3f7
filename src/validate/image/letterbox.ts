import type { Family } from '../../protocol.ts';
import { roundHalfEven } from '../../round.ts';
import type { Letterboxed, RgbImage } from '../types.ts';
import { resizeArea } from './resize-area.ts';
import { resizeLinear } from './resize-linear.ts';

/** The network's input in pixels. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

export const PADDING_GREY = 114;

/**
 * The loader's resize: long side to the input's long side.
 *
 * yolov5 shrinks with INTER_AREA and rounds both sides up, so that a long side of 147, 281, 294 … ends at one
 * pixel too many (640 / 147 × 147 exceeds 640 in float64) and is shrunk again by the letterbox. Ultralytics
 * takes INTER_LINEAR both ways and caps the sides.
 *
 * Sources: yolov5 utils/dataloaders.py:768-790 (commit 5081342f); ultralytics 8.4.190 data/base.py
 * `load_image`.
 */
function load(image: RgbImage, imgsz: number, family: Family): RgbImage {
  const ratio = imgsz / Math.max(image.width, image.height);
  if (ratio === 1) return image;
  const width = Math.ceil(image.width * ratio);
  const height = Math.ceil(image.height * ratio);
  if (family === 'yolov5') return (ratio < 1 ? resizeArea : resizeLinear)(image, width, height);
  return resizeLinear(image, Math.min(width, imgsz), Math.min(height, imgsz));
}

/** Puts `image` at (`left`, `top`) of a grey picture of the given size. */
function pad(image: RgbImage, left: number, top: number, { width, height }: InputSize): RgbImage {
  const data = new Uint8Array(width * height * 3).fill(PADDING_GREY);
  const samples = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * samples, (y + 1) * samples), ((top + y) * width + left) * 3);
  }
  return { width, height, data };
}

/**
 * Lays a native picture into the network's input as the family's validator does: the loader's resize, then
 * the letterbox, which shrinks with INTER_LINEAR where the picture is still too large (it never enlarges),
 * and pads with grey 114, an odd pixel to the right and below.
 *
 * A non-square input follows `yolo val` on a static export (8.4.190: the metadata's imgsz of height and width
 * reaches both steps, rect off): the loader scales the long side to the longer of the two, the letterbox
 * shrinks what does not fit. yolov5's val.py knows square inputs only; its steps are continued in the same
 * way.
 *
 * Sources: yolov5 utils/augmentations.py:85-115; ultralytics 8.4.190 data/augment.py `LetterBox` with scaleup
 * off.
 */
export function letterbox(image: RgbImage, size: InputSize, family: Family): Letterboxed {
  const fitted = fitPicture(image, size, family);
  const { left, top } = fitted.geometry;
  return { ...fitted, image: pad(fitted.image, left, top, size) };
}

/**
 * The same without the padding: the picture alone, and in its geometry where it is to lie.
 *
 * @param imgsz what the loader scales the long side to, in pixels.
 */
export function fitPicture(
  image: RgbImage,
  size: InputSize,
  family: Family,
  imgsz: number = Math.max(size.width, size.height),
): Letterboxed {
  const loaded = load(image, imgsz, family);
  const ratio = Math.min(size.height / loaded.height, size.width / loaded.width, 1);
  const width = Math.max(roundHalfEven(loaded.width * ratio), 1);
  const height = Math.max(roundHalfEven(loaded.height * ratio), 1);
  const isFitting = width === loaded.width && height === loaded.height;
  const padX = (size.width - width) / 2;
  const padY = (size.height - height) / 2;
  return {
    image: isFitting ? loaded : resizeLinear(loaded, width, height),
    geometry: {
      nativeWidth: image.width,
      nativeHeight: image.height,
      loadedWidth: loaded.width,
      loadedHeight: loaded.height,
      ratio,
      padX,
      padY,
      left: Math.floor(padX),
      top: Math.floor(padY),
      width: size.width,
      height: size.height,
    },
  };
}
