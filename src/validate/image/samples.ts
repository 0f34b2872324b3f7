import type { RgbImage } from '../types.ts';

/** Interleaved samples as a decoder gives them: `data[(y * width + x) * channels + channel]`. */
export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/**
 * Pixels that a picture may have at most: above this Pillow takes a file for a decompression bomb and both
 * validators drop the image (Pillow Image.py `_decompression_bomb_check`: twice MAX_IMAGE_PIXELS).
 */
export const MAX_PIXELS = 2 * 89_478_485;

/** Makes an RGB picture, each sample computed from where its pixel starts in the source and its channel. */
export function toRgb(
  { width, height, channels }: Samples,
  sample: (start: number, channel: number) => number,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let start = 0, out = 0; out < data.length; start += channels, out += 3) {
    data[out] = sample(start, 0);
    data[out + 1] = sample(start, 1);
    data[out + 2] = sample(start, 2);
  }
  return { width, height, data };
}
