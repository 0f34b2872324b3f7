import { describe, expect, test } from 'vitest';
import type { Family } from '../../../src/protocol.ts';
import { fitPicture, letterbox } from '../../../src/validate/image/letterbox.ts';
import { layIntoTensor, toTensor, toTensorFloat16 } from '../../../src/validate/image/tensor.ts';
import type { RgbImage } from '../../../src/validate/types.ts';
import { cropNoise } from '../../fixtures/images/noise.ts';
import { recorded, sha256 } from './fixtures.ts';

const hashes = recorded<{ float32: string; float16: string }>('tensor.json');
const grey: RgbImage = {
  width: 16,
  height: 16,
  data: Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3)),
};
const twoPixels: RgbImage = { width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 153, 204, 255) };

describe.each([
  ['float32', () => new Float32Array(256 * 3), toTensor],
  ['float16', () => new Uint16Array(256 * 3), toTensorFloat16],
] as const)('%s', (name, allocate, write) => {
  test('divides every sample value by 255 as torch does, bit for bit', () => {
    const target = allocate();
    write(grey, target as Float32Array & Uint16Array);
    for (const channel of [0, 1, 2]) {
      expect(sha256(target.subarray(channel * 256, (channel + 1) * 256))).toBe(hashes[name]);
    }
  });
});

test('writes red, green and blue planes from the offset on, and nothing else', () => {
  const target = new Float32Array(10).fill(9);
  toTensor(twoPixels, target, 2);
  expect([...target]).toEqual([9, 9, 0, 0.6, 0.2, 0.8, 0.4, 1, 9, 9].map(Math.fround));
});

test('float16 planes lie the same way', () => {
  const target = new Uint16Array(8).fill(7);
  toTensorFloat16(twoPixels, target, 1);
  expect([...target]).toEqual([7, 0, 0x38cd, 0x3266, 0x3a66, 0x3666, 0x3c00, 7]);
});

test.each<[Family, number, number]>([
  ['yolov5', 100, 60],
  ['yolov5', 61, 100],
  ['ultralytics', 64, 64],
  ['ultralytics', 147, 99],
])(
  '%s %i×%i: laid in at once as letterboxed and then written, whatever was there before',
  (family, ...side) => {
    const picture = cropNoise(0, 0, ...side);
    for (const size of [
      { width: 64, height: 64 },
      { width: 96, height: 64 },
    ]) {
      const count = 3 * size.width * size.height;
      const { image } = letterbox(picture, size, family);
      const fitted = fitPicture(picture, size, family);
      const [floats, expectedFloats] = [new Float32Array(count).fill(7), new Float32Array(count)];
      toTensor(image, expectedFloats);
      layIntoTensor(fitted, floats);
      expect(floats).toEqual(expectedFloats);
      const [halves, expectedHalves] = [new Uint16Array(count).fill(7), new Uint16Array(count)];
      toTensorFloat16(image, expectedHalves);
      layIntoTensor(fitted, halves);
      expect(halves).toEqual(expectedHalves);
    }
  },
);
