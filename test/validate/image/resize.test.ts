import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resizeArea } from '../../../src/validate/image/resize-area.ts';
import { resizeLinear } from '../../../src/validate/image/resize-linear.ts';
import type { RgbImage } from '../../../src/validate/types.ts';
import { cropNoise } from '../../fixtures/images/noise.ts';
import { recorded, sha256 } from './fixtures.ts';

type Case = [
  x: number,
  y: number,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
  hash: string,
];

const cases = recorded<Record<'linear' | 'area', Case[]>>('resized.json');
const side = fc.integer({ min: 1, max: 40 });

describe.each([
  ['linear', resizeLinear],
  ['area', resizeArea],
] as const)('%s', (kind, resize) => {
  test(`equals cv2.resize byte for byte in all ${cases[kind].length} recorded sizes`, () => {
    const actual = cases[kind].map(([x, y, width, height, toWidth, toHeight]) => {
      const { data } = resize(cropNoise(x, y, width, height), toWidth, toHeight);
      return [x, y, width, height, toWidth, toHeight, sha256(data)];
    });
    expect(actual).toEqual(cases[kind]);
  });

  test('copies a picture that has the size already, and leaves its source alone', () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const image = cropNoise(7, 11, width, height);
        const copy = resize(image, width, height);
        expect(copy).toEqual(image);
        copy.data.fill(0);
        expect(image).toEqual(cropNoise(7, 11, width, height));
      }),
    );
  });

  test('keeps a plain colour', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.nat(255), (width, height, toWidth, toHeight, level) => {
        const image: RgbImage = { width, height, data: new Uint8Array(width * height * 3).fill(level) };
        const to = [Math.min(toWidth, width), Math.min(toHeight, height)] as const;
        expect(resize(image, ...to).data.every((sample) => sample === level)).toBe(true);
      }),
    );
  });
});

test('area refuses to enlarge either side', () => {
  expect(() => resizeArea(cropNoise(0, 0, 10, 10), 11, 10)).toThrow(RangeError);
  expect(() => resizeArea(cropNoise(0, 0, 10, 10), 10, 11)).toThrow(RangeError);
});
