import type { Letterboxed, RgbImage } from '../types.ts';
import { PADDING_GREY } from './letterbox.ts';

/** `value / 255` in float32, as torch divides; by sample value. */
const UNIT_FLOAT32 = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** `value / 255` in float16 bits, as torch divides; by sample value. */
const UNIT_FLOAT16 = Uint16Array.from({ length: 256 }, (_, value) => halfBits(value / 255));

/** IEEE 754 half precision of a share of 255: zero or normal, and never half way between two halves. */
function halfBits(value: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  if (bits === 0) return 0;
  const rebased = bits - ((127 - 15) << 23);
  return (rebased + 0x1000) >> 13;
}

function fill(
  image: RgbImage,
  unit: ArrayLike<number>,
  target: Float32Array | Uint16Array,
  offset: number,
): void {
  const plane = image.width * image.height;
  writeRow(image.data, 0, plane, unit, target, offset, plane);
}

/** Writes `count` pixels from sample `from` on to three planes, `plane` elements apart. */
function writeRow(
  data: Uint8Array,
  from: number,
  count: number,
  unit: ArrayLike<number>,
  target: Float32Array | Uint16Array,
  offset: number,
  plane: number,
): void {
  const green = offset + plane;
  const blue = green + plane;
  for (let i = 0, p = from; i < count; i++, p += 3) {
    target[offset + i] = unit[data[p]!]!;
    target[green + i] = unit[data[p + 1]!]!;
    target[blue + i] = unit[data[p + 2]!]!;
  }
}

/**
 * Writes a picture and the padding around it as the network's input [3, height, width] into the beginning of `target`:
 * what `letterbox` and `toTensor` make together, without the padded picture between them.
 */
export function layIntoTensor(
  { image, geometry: { left, top, width, height } }: Letterboxed,
  target: Float32Array | Uint16Array,
): void {
  const unit = target instanceof Float32Array ? UNIT_FLOAT32 : UNIT_FLOAT16;
  const grey = unit[PADDING_GREY]!;
  const plane = width * height;
  const isFilled = image.width === width && image.height === height;
  if (!isFilled) target.fill(grey, 0, 3 * plane);
  for (let y = 0; y < image.height; y++) {
    const at = (top + y) * width + left;
    writeRow(image.data, y * image.width * 3, image.width, unit, target, at, plane);
  }
}

/**
 * Writes a picture as 3 × height × width float32 in [0, 1], RGB planes, into `target` from element `offset`
 * on: the batch tensor of the validators, `im.float() / 255` (yolov5 val.py:262).
 */
export function toTensor(image: RgbImage, target: Float32Array, offset = 0): void {
  fill(image, UNIT_FLOAT32, target, offset);
}

/** The same for a float16 input: `im.half() / 255` as the bits of half precision numbers. */
export function toTensorFloat16(image: RgbImage, target: Uint16Array, offset = 0): void {
  fill(image, UNIT_FLOAT16, target, offset);
}
