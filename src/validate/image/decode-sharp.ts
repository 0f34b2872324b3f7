import type { Sharp, default as sharp } from 'sharp';
import type { Family } from '../../protocol.ts';
import type { RgbImage } from '../types.ts';
import { isRestoredJpeg } from './restored-jpeg.ts';
import { MAX_PIXELS, type Samples, toRgb } from './samples.ts';
import type { ImageFormat } from './sniff.ts';
import { readTiffAlpha } from './tiff-alpha.ts';

/**
 * Decodes with libvips what `sniffFormat` let through, and reduces it to 8-bit RGB as OpenCV's decoders do.
 *
 * Sources of the rules: OpenCV 5.0.0, modules/imgcodecs/src (grfmt_jpeg.cpp, grfmt_png.cpp, grfmt_tiff.cpp,
 * utils.cpp) and libtiff 4.7 tif_getimage.c, through which OpenCV reads 8-bit TIFF.
 *
 * @throws with libvips' reason where the data is broken or ends early.
 */
export async function decodeWithSharp(
  sharpModule: typeof sharp,
  bytes: Uint8Array,
  format: Exclude<ImageFormat, 'bmp'>,
  family: Family,
): Promise<RgbImage> {
  const picture = open(sharpModule, bytes);
  const { space, depth, channels } = await picture.metadata();
  if (depth !== 'uchar' && depth !== 'ushort') throw new Error(`its samples are ${depth}, not 8 or 16 bits`);
  if (space === 'cmyk') picture.pipelineColourspace('cmyk').toColourspace('cmyk');
  if (format === 'jpeg' && isRestoredJpeg(bytes)) {
    const restored = await picture
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4', optimiseCoding: false })
      .toBuffer();
    return decodeWithSharp(sharpModule, restored, format, family);
  }
  if (space === 'cmyk') return (format === 'jpeg' ? jpegInksToRgb : tiffInksToRgb)(await samplesOf(picture));
  if (format !== 'tiff') return withoutAlpha(await samplesOf(picture.removeAlpha()));

  const isRounded = space === 'rgb16' && family === 'yolov5';
  const isMultiplied =
    channels === 4 && (depth === 'uchar' || isRounded) && readTiffAlpha(bytes) !== 'unspecified';
  const samples = isRounded ? await roundedSamplesOf(picture) : await samplesOf(picture);
  return isMultiplied ? multiplyByAlpha(samples) : withoutAlpha(samples);
}

/** Size of a picture by its header, as it lies after EXIF orientation. */
export async function sizeWithSharp(
  sharpModule: typeof sharp,
  bytes: Uint8Array,
): Promise<Pick<RgbImage, 'width' | 'height'>> {
  const { autoOrient } = await open(sharpModule, bytes).metadata();
  return autoOrient;
}

function open(sharpModule: typeof sharp, bytes: Uint8Array): Sharp {
  return sharpModule(bytes, {
    autoOrient: true,
    failOn: 'truncated',
    ignoreIcc: true,
    limitInputPixels: MAX_PIXELS,
  });
}

async function samplesOf(picture: Sharp): Promise<Samples> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { ...info, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/**
 * 16 bits to 8 as tif_getimage.c `BuildMapBitdepth16To8` does; libvips and the other decoders keep the upper
 * byte.
 */
async function roundedSamplesOf(picture: Sharp): Promise<Samples> {
  const wide = picture.toColourspace('rgb16').raw({ depth: 'ushort' });
  const { data, info } = await wide.toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return { ...info, data: Uint8Array.from(values, (value) => Math.floor((value + 128) / 257)) };
}

/** Grey becomes three equal channels. */
function withoutAlpha(samples: Samples): RgbImage {
  const { width, height, channels, data } = samples;
  if (channels === 3) return { width, height, data };
  const isGrey = channels < 3;
  return toRgb(samples, (start, channel) => data[isGrey ? start : start + channel]!);
}

/** tif_getimage.c `BuildMapUaToAa`: libtiff hands out colours multiplied by their alpha; libvips by none. */
function multiplyByAlpha(samples: Samples): RgbImage {
  const { data } = samples;
  return toRgb(samples, (start, channel) =>
    Math.floor((data[start + channel]! * data[start + 3]! + 127) / 255),
  );
}

/** utils.cpp `icvCvt_CMYK2BGR_8u_C4C3R`; JPEG stores inks inverted, libvips turns them back. */
function jpegInksToRgb(inks: Samples): RgbImage {
  const { data } = inks;
  return toRgb(inks, (start, channel) => {
    const light = 255 - data[start + 3]!;
    return light - ((data[start + channel]! * light) >> 8);
  });
}

/** tif_getimage.c `putRGBcontig8bitCMYKtile`. */
function tiffInksToRgb(inks: Samples): RgbImage {
  const { data } = inks;
  return toRgb(inks, (start, channel) =>
    Math.floor(((255 - data[start + 3]!) * (255 - data[start + channel]!)) / 255),
  );
}
