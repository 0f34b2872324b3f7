import { roundHalfEven } from '../../round.ts';
import type { RgbImage } from '../types.ts';

/** Weights of the two neighbours of each output sample, in 2048ths, and the left neighbour's index. */
interface LinearTable {
  readonly index: Int32Array;
  readonly weight0: Int32Array;
  readonly weight1: Int32Array;
}

const WEIGHT_ONE = 2048;

/**
 * Columns are clamped with weight 1 on the edge sample; rows keep their weights and are clamped when read.
 */
function linearTable(from: number, to: number, clamp: boolean): LinearTable {
  const index = new Int32Array(to);
  const weight0 = new Int32Array(to);
  const weight1 = new Int32Array(to);
  const scale = 1 / (to / from);
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    let left = Math.floor(position);
    let share = Math.fround(position - left);
    if (clamp && (left < 0 || left >= from - 1)) {
      left = left < 0 ? 0 : from - 1;
      share = 0;
    }
    index[i] = left;
    weight0[i] = roundHalfEven(Math.fround(1 - share) * WEIGHT_ONE);
    weight1[i] = roundHalfEven(share * WEIGHT_ONE);
  }
  return { index, weight0, weight1 };
}

/** One source row, interpolated to the output's columns, in 2048ths. */
function interpolateRow(image: RgbImage, row: number, columns: LinearTable, out: Int32Array): void {
  const { data, width } = image;
  const { index, weight0, weight1 } = columns;
  const start = row * width * 3;
  const last = width - 1;
  for (let x = 0, o = 0; x < index.length; x++, o += 3) {
    const left = index[x]!;
    const p = start + left * 3;
    const q = left < last ? p + 3 : p;
    const w0 = weight0[x]!;
    const w1 = weight1[x]!;
    out[o] = data[p]! * w0 + data[q]! * w1;
    out[o + 1] = data[p + 1]! * w0 + data[q + 1]! * w1;
    out[o + 2] = data[p + 2]! * w0 + data[q + 2]! * w1;
  }
}

/**
 * Resizes to `width` × `height` as OpenCV's `cv2.resize(…, interpolation=cv2.INTER_LINEAR)` does on 8-bit
 * pictures, bit for bit: weights in 2048ths, rows first, the sum of two rows in 16.16 arithmetic.
 *
 * Source of the rule: OpenCV 5.0.0, modules/imgproc/src/resize.cpp (`resizeGeneric_`, `HResizeLinear`,
 * `VResizeLinear` for `uchar`). Half-size pictures need no case of their own: OpenCV takes the 2×2 mean
 * there, which this arithmetic gives as well.
 */
export function resizeLinear(image: RgbImage, width: number, height: number): RgbImage {
  const columns = linearTable(image.width, width, true);
  const rows = linearTable(image.height, height, false);
  const samples = width * 3;
  const data = new Uint8Array(samples * height);
  let upper = { row: -1, sums: new Int32Array(samples) };
  let lower = { row: -1, sums: new Int32Array(samples) };
  const lastRow = image.height - 1;
  for (let y = 0; y < height; y++) {
    const top = Math.min(Math.max(rows.index[y]!, 0), lastRow);
    const bottom = Math.min(Math.max(rows.index[y]! + 1, 0), lastRow);
    if (lower.row === top) [upper, lower] = [lower, upper];
    if (upper.row !== top) {
      interpolateRow(image, top, columns, upper.sums);
      upper.row = top;
    }
    if (lower.row !== bottom) {
      interpolateRow(image, bottom, columns, lower.sums);
      lower.row = bottom;
    }
    blendRows(upper.sums, lower.sums, rows.weight0[y]!, rows.weight1[y]!, data, y * samples);
  }
  return { width, height, data };
}

function blendRows(
  upper: Int32Array,
  lower: Int32Array,
  weight0: number,
  weight1: number,
  out: Uint8Array,
  start: number,
): void {
  for (let i = 0; i < upper.length; i++) {
    const a = (weight0 * (upper[i]! >> 4)) >> 16;
    const b = (weight1 * (lower[i]! >> 4)) >> 16;
    out[start + i] = (a + b + 2) >> 2;
  }
}
