import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Family } from '../../src/protocol.ts';
import { decodeImage } from '../../src/validate/image/decode.ts';
import { letterbox } from '../../src/validate/image/letterbox.ts';
import { casePath, describeCases, expectedCase } from './shared.ts';

/** By input size, then by path under `data/`: SHA-256 of the letterboxed RGB bytes. */
type Hashes = Readonly<Record<string, Readonly<Record<string, string>>>>;

const FAMILIES: readonly Family[] = ['yolov5', 'ultralytics'];

describeCases('letterboxed pictures equal those of the reference loaders', () => {
  for (const family of FAMILIES) {
    it(`${family}: all pictures at all sizes, byte for byte`, async () => {
      const expected = expectedCase<Hashes>(`letterbox-${family}.json`);
      const actual: Record<string, Record<string, string>> = {};
      for (const [imgsz, pictures] of Object.entries(expected)) {
        const size = { width: Number(imgsz), height: Number(imgsz) };
        actual[imgsz] = {};
        for (const path of Object.keys(pictures)) {
          const picture = await decodeImage(sharp, casePath('data', path), family);
          const { image } = letterbox(picture, size, family);
          actual[imgsz][path] = createHash('sha256').update(image.data).digest('hex');
        }
      }
      expect(Object.values(actual).flatMap(Object.keys)).toHaveLength(65 * 3);
      expect(actual).toEqual(expected);
    });
  }
});
