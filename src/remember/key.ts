import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { sha256 } from '../files/hashes.ts';
import type { DetectionOptions } from '../protocol.ts';
import type { Detector } from '../validate/detector.ts';

/** All that a model's detections depend on. */
export interface KeyParts {
  /** SHA-256 of the model's bytes. */
  readonly model: string;
  /** {@link imagesDigest}. */
  readonly images: string;
  readonly detector: Detector;
  readonly options: DetectionOptions;
  /** Versions of this project, of ONNX Runtime and of the image library. */
  readonly versions: readonly string[];
  readonly provider: string;
  /** The processor: ONNX Runtime has other kernels, and so other last digits, on another one. */
  readonly processor: string;
}

/** SHA-256 over everything that detections depend on, as lower-case hexadecimal. */
export function keyOf({ model, images, detector, options, versions, provider, processor }: KeyParts): string {
  const { input, output, width, height, rect, head, family, nc } = detector;
  const { conf, iou, maxDet } = options;
  const parts = [model, images, input, output, width, height, rect, head, family, nc, conf, iou, maxDet];
  return sha256(Buffer.from(JSON.stringify([...parts, versions, provider, processor])));
}

/** Files that are read at once. */
const AT_ONCE = 8;

/** SHA-256 over the bytes of all images in their order, wherever they lie; `null` where one cannot be read. */
export async function imagesDigest(paths: readonly string[]): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for (let first = 0; first < paths.length; first += AT_ONCE) {
      const some = paths.slice(first, first + AT_ONCE).map(async (path) => sha256(await readFile(path)));
      for (const digest of await Promise.all(some)) hash.update(digest);
    }
  } catch {
    return null;
  }
  return hash.digest('hex');
}
