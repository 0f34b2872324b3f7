import { UserError } from '../errors.ts';
import type { NativeParts } from '../runtime/load.ts';
import type { Detector } from '../validate/detector.ts';
import { decodeImage } from '../validate/image/decode.ts';
import { fitPicture } from '../validate/image/letterbox.ts';
import { layIntoTensor } from '../validate/image/tensor.ts';
import type { RgbImage } from '../validate/types.ts';

/** A picture as validation decodes it; or why it cannot be read. */
export async function readPicture(
  sharp: NativeParts['sharp'],
  path: string,
  { family }: Pick<Detector, 'family'>,
): Promise<RgbImage | string> {
  return decodeImage(sharp, path, family).catch((error: unknown) => {
    if (error instanceof UserError) return error.problem;
    throw error;
  });
}

/** A picture as the network's input [1, 3, height, width], laid into it as validation does. */
export function pixelsOf(picture: RgbImage, detector: Detector): Float32Array | Uint16Array {
  const count = 3 * detector.width * detector.height;
  const pixels = detector.input.type === 'float16' ? new Uint16Array(count) : new Float32Array(count);
  layIntoTensor(fitPicture(picture, detector, detector.family), pixels);
  return pixels;
}
