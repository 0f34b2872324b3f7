import { readFile } from 'node:fs/promises';
import type sharp from 'sharp';
import { messageOf, UserError } from '../../errors.ts';
import type { Family } from '../../protocol.ts';
import type { RgbImage } from '../types.ts';
import { decodeBmp } from './decode-bmp.ts';
import { decodeWithSharp, sizeWithSharp } from './decode-sharp.ts';
import { type ImageFormat, sniffFormat } from './sniff.ts';

/** Both validators drop pictures with a side below this (ultralytics 8.4.190 data/utils.py `check_image`). */
const MIN_SIDE = 10;

/** What is decoded, of what the references take (yolov5 dataloaders.py:54, ultralytics data/utils.py:33). */
const FORMATS: Readonly<Record<Family, readonly ImageFormat[]>> = {
  yolov5: ['jpeg', 'png', 'webp', 'bmp', 'tiff'],
  ultralytics: ['jpeg', 'png', 'webp', 'bmp', 'tiff', 'avif'],
};

/**
 * Decodes an image file to the pixels that the family's loader gets from OpenCV, as RGB: EXIF orientation
 * applied, embedded colour profiles ignored, alpha dropped, grey as three equal channels, 16 bits reduced to
 * 8, of several pictures the first. Equal byte for byte but for AVIF (0.6 levels on average in a photograph)
 * and TIFF with premultiplied alpha (one level at most).
 *
 * @param sharpModule The image library, which is loaded late.
 * @param source The file's path, or its bytes.
 * @throws {UserError} of kind `dataset` for files that the references drop from the data set (truncated or
 *   broken, no image, a side below 10 pixels, too many pixels), and for the kinds that are not decoded here:
 *   HEIC, JPEG 2000, run-length coded BMP.
 */
export async function decodeImage(
  sharpModule: typeof sharp,
  source: string | Uint8Array,
  family: Family,
): Promise<RgbImage> {
  try {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    const format = acceptedFormat(bytes, family);
    const image =
      format === 'bmp' ? decodeBmp(bytes) : await decodeWithSharp(sharpModule, bytes, format, family);
    if (Math.min(image.width, image.height) >= MIN_SIDE) return image;
    throw new Error(`it has ${image.width}×${image.height} pixels, and each side needs ${MIN_SIDE}`);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    const name = typeof source === 'string' ? source : 'the given bytes';
    throw new UserError(
      'dataset',
      `An image must be a whole file that can be decoded, but ${name} cannot be used: ${messageOf(error)}.`,
      'Replace the file, or take it out of the data set.',
      { cause: error },
    );
  }
}

/**
 * Size of an image as it is shown, EXIF orientation applied, by its header alone where the format has one that says it.
 *
 * @returns `null` for a file that cannot be read; {@link decodeImage} says why.
 */
export async function imageSize(
  sharpModule: typeof sharp,
  path: string,
  family: Family,
): Promise<Pick<RgbImage, 'width' | 'height'> | null> {
  try {
    const bytes = await readFile(path);
    const format = acceptedFormat(bytes, family);
    const { width, height } = format === 'bmp' ? decodeBmp(bytes) : await sizeWithSharp(sharpModule, bytes);
    return { width, height };
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return null;
  }
}

function acceptedFormat(bytes: Uint8Array, family: Family): ImageFormat {
  const format = sniffFormat(bytes);
  const formats = FORMATS[family];
  if (typeof format === 'string' && formats.includes(format)) return format;
  const found = typeof format === 'string' ? format : format.refused;
  throw new Error(`it is ${found}, and must be one of ${formats.join(', ')}`);
}
