import type { RgbImage } from '../types.ts';

/**
 * Which source samples make up each output sample, and how much of it: entries `start[i]` to `start[i + 1]`.
 */
interface AreaTable {
  readonly start: Int32Array;
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

/** A sliver of a source sample narrower than this is left out. */
const SLIVER = 1e-3;

function areaTable(from: number, to: number): AreaTable {
  const scale = 1 / (to / from);
  const start = new Int32Array(to + 1);
  const index: number[] = [];
  const weight: number[] = [];
  for (let i = 0; i < to; i++) {
    const begin = i * scale;
    const end = begin + scale;
    const cell = Math.min(scale, from - begin);
    const lastWhole = Math.min(Math.floor(end), from - 1);
    const firstWhole = Math.min(Math.ceil(begin), lastWhole);
    if (firstWhole - begin > SLIVER) {
      index.push(firstWhole - 1);
      weight.push((firstWhole - begin) / cell);
    }
    for (let whole = firstWhole; whole < lastWhole; whole++) {
      index.push(whole);
      weight.push(1 / cell);
    }
    if (end - lastWhole > SLIVER) {
      index.push(lastWhole);
      weight.push(Math.min(end - lastWhole, 1, cell) / cell);
    }
    start[i + 1] = index.length;
  }
  return { start, index: Int32Array.from(index), weight: Float32Array.from(weight) };
}

/**
 * Two neighbouring source rows, each averaged to the output's columns in float32, summed in the table's order.
 *
 * Each sum waits for the one before; two rows at once give the processor twice as many that wait for nothing.
 *
 * @param row the upper one; the lower is the same where there is none below.
 */
function averageRows(
  { data, width, height }: RgbImage,
  row: number,
  { start, index, weight }: AreaTable,
  upper: Float32Array,
  lower: Float32Array,
): void {
  const base = row * width * 3;
  const below = row + 1 < height ? width * 3 : 0;
  const count = start.length - 1;
  for (let x = 0, o = 0; x < count; x++, o += 3) {
    const first = start[x]!;
    const stop = start[x + 1]!;
    let red = Math.fround(0);
    let green = Math.fround(0);
    let blue = Math.fround(0);
    let redBelow = Math.fround(0);
    let greenBelow = Math.fround(0);
    let blueBelow = Math.fround(0);
    // Source samples of one output sample are neighbours.
    for (let k = first, p = base + index[first]! * 3; k < stop; k++, p += 3) {
      const q = p + below;
      const share = weight[k]!;
      red = Math.fround(red + Math.fround(data[p]! * share));
      green = Math.fround(green + Math.fround(data[p + 1]! * share));
      blue = Math.fround(blue + Math.fround(data[p + 2]! * share));
      redBelow = Math.fround(redBelow + Math.fround(data[q]! * share));
      greenBelow = Math.fround(greenBelow + Math.fround(data[q + 1]! * share));
      blueBelow = Math.fround(blueBelow + Math.fround(data[q + 2]! * share));
    }
    upper[o] = red;
    upper[o + 1] = green;
    upper[o + 2] = blue;
    lower[o] = redBelow;
    lower[o + 1] = greenBelow;
    lower[o + 2] = blueBelow;
  }
}

function resizeByWeights(image: RgbImage, width: number, height: number): RgbImage {
  const columns = areaTable(image.width, width);
  const rows = areaTable(image.height, height);
  const samples = width * 3;
  const data = new Uint8ClampedArray(samples * height);
  const sums = new Float32Array(samples);
  const upper = new Float32Array(samples);
  const lower = new Float32Array(samples);
  let averaged = -2;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = rows.start[y]!; k < rows.start[y + 1]!; k++) {
      const row = rows.index[k]!;
      if (row !== averaged && row !== averaged + 1) {
        averageRows(image, row, columns, upper, lower);
        averaged = row;
      }
      addWeighted(row === averaged ? upper : lower, rows.weight[k]!, sums);
    }
    data.set(sums, y * samples);
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function addWeighted(average: Float32Array, share: number, sums: Float32Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] = Math.fround(sums[i]! + Math.fround(average[i]! * share));
}

/** Both scales are whole numbers: each output sample is the mean of `across` × `down` source samples. */
function resizeByCells(
  image: RgbImage,
  width: number,
  height: number,
  across: number,
  down: number,
): RgbImage {
  const samples = width * 3;
  const data = new Uint8ClampedArray(samples * height);
  const sums = new Int32Array(samples);
  const share = Math.fround(1 / (across * down));
  const isHalf = across === 2 && down === 2;
  for (let y = 0; y < height; y++) {
    sumCells(image, y * down, across, down, sums);
    const out = y * samples;
    for (let i = 0; i < samples; i++) {
      const sum = sums[i]!;
      data[out + i] = isHalf ? (sum + 2) >> 2 : Math.fround(sum * share);
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function sumCells(image: RgbImage, row: number, across: number, down: number, sums: Int32Array): void {
  const { data, width } = image;
  sums.fill(0);
  for (let y = row; y < row + down; y++) {
    let p = y * width * 3;
    for (let o = 0; o < sums.length; o += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (const stop = p + across * 3; p < stop; p += 3) {
        red += data[p]!;
        green += data[p + 1]!;
        blue += data[p + 2]!;
      }
      sums[o] = sums[o]! + red;
      sums[o + 1] = sums[o + 1]! + green;
      sums[o + 2] = sums[o + 2]! + blue;
    }
  }
}

/** The whole number that a scale is, by OpenCV's own comparison; 1 / (1 / 49) is none. */
function wholeScale(from: number, to: number): number | undefined {
  const scale = 1 / (to / from);
  const whole = Math.round(scale);
  return Math.abs(scale - whole) < Number.EPSILON ? whole : undefined;
}

/**
 * Shrinks to `width` × `height` as OpenCV's `cv2.resize(…, interpolation=cv2.INTER_AREA)` does on 8-bit
 * pictures, bit for bit: the mean of the source area under each output sample, in OpenCV's order of float32
 * sums.
 *
 * Source of the rule: OpenCV 5.0.0, modules/imgproc/src/resize.cpp (`computeResizeAreaTab`, `resizeArea_`,
 * `resizeAreaFast_`). Throws a RangeError where a side would grow: INTER_AREA is another method then, and no
 * loader asks for it.
 */
export function resizeArea(image: RgbImage, width: number, height: number): RgbImage {
  if (width > image.width || height > image.height) {
    throw new RangeError(`resizeArea shrinks only: ${image.width}×${image.height} to ${width}×${height}`);
  }
  const across = wholeScale(image.width, width);
  const down = wholeScale(image.height, height);
  return across !== undefined && down !== undefined
    ? resizeByCells(image, width, height, across, down)
    : resizeByWeights(image, width, height);
}
