import type sharp from 'sharp';
import type { Family } from '../../protocol.ts';
import type { RgbImage } from '../types.ts';
import { MAX_PIXELS, type Samples, toRgb } from './samples.ts';
import type { ImageFormat } from './sniff.ts';

/**
 * Decodes with libvips what `sniffFormat` let through, and reduces it to 8-bit RGB as OpenCV's decoders do.
 *
 * Sources of the rules: OpenCV 5.0.0, modules/imgcodecs/src (grfmt_jpeg.cpp, grfmt_png.cpp, grfmt_tiff.cpp, utils.cpp)
 * and libtiff 4.7 tif_getimage.c, through which OpenCV reads 8-bit TIFF.
 *
 * @throws with libvips' reason where the data is broken or ends early.
 */
export async function decodeWithSharp(
  sharpModule: typeof sharp,
  bytes: Uint8Array,
  format: ImageFormat,
  family: Family,
): Promise<RgbImage> {
  const picture = sharpModule(bytes, {
    autoOrient: true,
    failOn: 'truncated',
    ignoreIcc: true,
    limitInputPixels: MAX_PIXELS,
  });
  const { space, depth, hasAlpha } = await picture.metadata();
  if (depth !== 'uchar' && depth !== 'ushort') throw new Error(`its samples are ${depth}, not 8 or 16 bits`);
  if (space === 'cmyk') {
    const inks = await samplesOf(picture.toColourspace('cmyk'));
    return format === 'jpeg' ? jpegInksToRgb(inks) : tiffInksToRgb(inks);
  }
  if (format === 'tiff' && space === 'rgb16' && family === 'yolov5') {
    const rounded = roundTo8Bits(await samplesOf16(picture.toColourspace('rgb16')));
    return hasAlpha ? multiplyByAlpha(rounded) : withoutAlpha(rounded);
  }
  if (format === 'tiff' && depth === 'uchar' && hasAlpha) return multiplyByAlpha(await samplesOf(picture));
  return withoutAlpha(await samplesOf(picture.removeAlpha()));
}

async function samplesOf(picture: sharp.Sharp): Promise<Samples> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { ...info, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

async function samplesOf16(picture: sharp.Sharp): Promise<Samples> {
  const { data, info } = await picture.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  return { ...info, data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2) };
}

/** Grey becomes three equal channels. */
function withoutAlpha(samples: Samples): RgbImage {
  const { width, height, channels, data } = samples;
  if (channels === 3 && data instanceof Uint8Array) return { width, height, data };
  const isGrey = channels < 3;
  return toRgb(samples, (start, channel) => data[isGrey ? start : start + channel]!);
}

/** libtiff hands out colours multiplied by their alpha (tif_getimage.c `BuildMapUaToAa`). */
function multiplyByAlpha(samples: Samples): RgbImage {
  const { channels, data } = samples;
  const isGrey = channels < 3;
  return toRgb(samples, (start, channel) => {
    const alpha = data[start + channels - 1]!;
    return Math.floor((data[isGrey ? start : start + channel]! * alpha + 127) / 255);
  });
}

/** tif_getimage.c `BuildMapBitdepth16To8`; other decoders keep the upper byte. */
function roundTo8Bits(samples: Samples): Samples {
  return { ...samples, data: Uint8Array.from(samples.data, (value) => Math.floor((value + 128) / 257)) };
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
