import { UserError } from '../errors.ts';
import type { NativeParts } from '../runtime/load.ts';
import type { Detector } from '../validate/detector.ts';
import { decodeImage } from '../validate/image/decode.ts';
import { letterbox } from '../validate/image/letterbox.ts';
import { toTensor, toTensorFloat16 } from '../validate/image/tensor.ts';

/** A picture as the network's input [1, 3, height, width], laid into it as validation does; or why it cannot be read. */
export async function picturePixels(
  sharp: NativeParts['sharp'],
  path: string,
  detector: Detector,
): Promise<Float32Array | Uint16Array | string> {
  const picture = await decodeImage(sharp, path, detector.family).catch((error: unknown) => {
    if (error instanceof UserError) return error.problem;
    throw error;
  });
  if (typeof picture === 'string') return picture;
  const { image } = letterbox(picture, detector, detector.family);
  const count = 3 * detector.width * detector.height;
  if (detector.input.type === 'float16') {
    const halves = new Uint16Array(count);
    toTensorFloat16(image, halves);
    return halves;
  }
  const floats = new Float32Array(count);
  toTensor(image, floats);
  return floats;
}
