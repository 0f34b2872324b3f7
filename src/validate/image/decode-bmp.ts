import type { RgbImage } from '../types.ts';
import { MAX_PIXELS } from './samples.ts';

const CORE_HEADER_SIZE = 12;
const INFO_HEADER_SIZE = 40;
const UNCOMPRESSED = 0;
const BIT_FIELDS = 3;
/** Red, green and blue masks: Pillow takes these and a few rare orders of 32-bit samples. */
const MASKS_555 = '7c00 3e0 1f';
const MASKS_565 = 'f800 7e0 1f';
const MASKS_888 = 'ff0000 ff00 ff';

interface Header {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  /** Bits per pixel; 15 for 16-bit pixels of five bits a channel. */
  readonly depth: number;
  readonly palette: Uint32Array;
  readonly pixels: number;
  /** Bytes from one row to the next. */
  readonly pitch: number;
}

/**
 * Decodes an uncompressed BMP of 1, 4, 8, 16, 24 or 32 bits per pixel, with or without a palette, bottom-up
 * or top-down; alpha is dropped. libvips' prebuilt form has no BMP decoder.
 *
 * Source of the rules: OpenCV 5.0.0, modules/imgcodecs/src/grfmt_bmp.cpp and utils.cpp (5 and 6 bits are
 * shifted up, not stretched). Run-length coding is refused.
 */
export function decodeBmp(bytes: Uint8Array): RgbImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = readHeader(view);
  const { width, height, isTopDown, pixels, pitch } = header;
  if (pixels + pitch * height > bytes.length) throw new Error('the BMP ends early');
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = pixels + pitch * (isTopDown ? y : height - 1 - y);
    const row = bytes.subarray(start, start + pitch);
    decodeRow(row, header, data.subarray(y * width * 3, (y + 1) * width * 3));
  }
  return { width, height, data };
}

function readHeader(view: DataView): Header {
  if (view.byteLength < 14 + INFO_HEADER_SIZE) throw new Error('the BMP ends early');
  const size = view.getUint32(14, true);
  if (size !== CORE_HEADER_SIZE && size < INFO_HEADER_SIZE)
    throw new Error(`its BMP header has ${size} bytes`);
  const isCore = size === CORE_HEADER_SIZE;
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const height = Math.abs(rows);
  if (width <= 0 || height === 0) throw new Error(`its BMP header says ${width}×${rows} pixels`);
  if (width * height > MAX_PIXELS) throw new Error(`it has more than ${MAX_PIXELS} pixels`);
  return {
    width,
    height,
    isTopDown: rows < 0,
    depth: sampleDepth(view, bits, isCore),
    palette: bits <= 8 ? readPalette(view, bits, size) : new Uint32Array(0),
    pixels: view.getUint32(10, true),
    pitch: Math.ceil((width * bits) / 32) * 4,
  };
}

function sampleDepth(view: DataView, bits: number, isCore: boolean): number {
  const compression = isCore ? UNCOMPRESSED : view.getUint32(30, true);
  if (compression === UNCOMPRESSED && [1, 4, 8, 24, 32].includes(bits)) return bits;
  if (compression === UNCOMPRESSED && bits === 16) return 15;
  if (compression === BIT_FIELDS && view.byteLength >= 66) {
    const masks = [54, 58, 62].map((offset) => view.getUint32(offset, true).toString(16)).join(' ');
    if (bits === 16 && masks === MASKS_555) return 15;
    if ((bits === 16 && masks === MASKS_565) || (bits === 32 && masks === MASKS_888)) return bits;
  }
  throw new Error(`it is a BMP of ${bits} bits with compression ${compression}, which is not decoded here`);
}

/** Colours as 0xRRGGBB; indices beyond the file's palette are black. */
function readPalette(view: DataView, bits: number, headerSize: number): Uint32Array {
  const isCore = headerSize === CORE_HEADER_SIZE;
  const used = isCore ? 0 : view.getUint32(46, true);
  const entry = isCore ? 3 : 4;
  const count = Math.min(used || 1 << bits, 256);
  const start = 14 + headerSize;
  if (start + count * entry > view.byteLength) throw new Error('the BMP ends early');
  const palette = new Uint32Array(256);
  for (let i = 0; i < count; i++) {
    const offset = start + i * entry;
    palette[i] = (view.getUint8(offset + 2) << 16) | view.getUint16(offset, true);
  }
  return palette;
}

function decodeRow(row: Uint8Array, { depth, palette }: Header, rgb: Uint8Array): void {
  if (depth <= 8) decodeIndices(row, depth, palette, rgb);
  else if (depth <= 16) decodePacked(row, depth, rgb);
  else decodeBytes(row, depth / 8, rgb);
}

function decodeIndices(row: Uint8Array, depth: number, palette: Uint32Array, rgb: Uint8Array): void {
  const mask = (1 << depth) - 1;
  for (let out = 0, bit = 0; out < rgb.length; out += 3, bit += depth) {
    const color = palette[(row[bit >> 3]! >> (8 - depth - (bit & 7))) & mask]!;
    rgb[out] = color >> 16;
    rgb[out + 1] = color >> 8;
    rgb[out + 2] = color;
  }
}

function decodePacked(row: Uint8Array, depth: number, rgb: Uint8Array): void {
  const greenMask = depth === 16 ? 0xfc : 0xf8;
  const redShift = depth - 8;
  for (let out = 0, p = 0; out < rgb.length; out += 3, p += 2) {
    const value = row[p]! | (row[p + 1]! << 8);
    rgb[out] = (value >> redShift) & 0xf8;
    rgb[out + 1] = (value >> (redShift - 5)) & greenMask;
    rgb[out + 2] = (value << 3) & 0xf8;
  }
}

function decodeBytes(row: Uint8Array, step: number, rgb: Uint8Array): void {
  for (let out = 0, p = 0; out < rgb.length; out += 3, p += step) {
    rgb[out] = row[p + 2]!;
    rgb[out + 1] = row[p + 1]!;
    rgb[out + 2] = row[p]!;
  }
}
