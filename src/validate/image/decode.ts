import { readFile } from 'node:fs/promises';
import type sharp from 'sharp';
import { messageOf, UserError } from '../../errors.ts';
import type { Family } from '../../protocol.ts';
import type { RgbImage } from '../types.ts';
import { decodeWithSharp } from './decode-sharp.ts';
import { type ImageFormat, sniffFormat } from './sniff.ts';

/** Both validators drop pictures with a side below this (ultralytics data/utils.py `check_image`). */
const MIN_SIDE = 10;

/**
 * Decodes an image file to what the family's loader gets from OpenCV, as RGB: EXIF orientation applied, embedded
 * colour profiles ignored, alpha dropped, grey as three equal channels, 16 bits reduced to 8, of several pictures
 * the first.
 *
 * @param source The file's path, or its bytes.
 * @throws {UserError} of kind `dataset` where the reference drops the image (truncated, a side below 10 pixels, more
 *   pixels than Pillow allows) or the format is none that is decoded here.
 */
export async function decodeImage(
  sharpModule: typeof sharp,
  source: string | Uint8Array,
  family: Family,
): Promise<RgbImage> {
  const name = typeof source === 'string' ? source : 'the given bytes';
  try {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    const image = await decodeAs(acceptedFormat(bytes), sharpModule, bytes, family);
    if (Math.min(image.width, image.height) >= MIN_SIDE) return image;
    throw new Error(`it has ${image.width}×${image.height} pixels, and each side needs ${MIN_SIDE}`);
  } catch (error) {
    throw new UserError(
      'dataset',
      `An image must be a whole file that can be decoded, but ${name} cannot be used: ${messageOf(error)}.`,
      'Replace the file, or take it out of the data set.',
      { cause: error },
    );
  }
}

function acceptedFormat(bytes: Uint8Array): ImageFormat {
  const format = sniffFormat(bytes);
  if (typeof format === 'string') return format;
  throw new Error(`it is ${format.refused}, not JPEG, PNG, WebP, BMP, TIFF, AVIF or PFM`);
}

function decodeAs(
  format: ImageFormat,
  sharpModule: typeof sharp,
  bytes: Uint8Array,
  family: Family,
): Promise<RgbImage> {
  return decodeWithSharp(sharpModule, bytes, format, family);
}
