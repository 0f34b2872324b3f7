import fc from 'fast-check';
import { expect, test } from 'vitest';
import { augmented, mirrored, partOf } from '../../src/calibrate/augment.ts';
import { mulberry32 } from '../../src/calibrate/random.ts';
import type { RgbImage } from '../../src/validate/types.ts';

/** Every pixel says where it is. */
function picture(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const place = Math.floor(i / 3);
    return [place % width, Math.floor(place / width), 7][i % 3]!;
  });
  return { width, height, data };
}

const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

test('the mirror image has left and right exchanged', () => {
  const turned = mirrored(picture(5, 3));
  expect([turned.width, turned.height]).toEqual([5, 3]);
  expect([pixel(turned, 0, 2), pixel(turned, 4, 1)]).toEqual([
    [4, 2, 7],
    [0, 1, 7],
  ]);
  expect(mirrored(turned)).toEqual(picture(5, 3));
});

test('a part has the pixels of its rectangle', () => {
  const part = partOf(picture(9, 8), { left: 3, top: 2, width: 4, height: 5 });
  expect([part.width, part.height, part.data.length]).toEqual([4, 5, 60]);
  expect([pixel(part, 0, 0), pixel(part, 3, 4)]).toEqual([
    [3, 2, 7],
    [6, 6, 7],
  ]);
});

test('the parts lie within the picture, at least half as wide and high, the same for the same seed', () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(side, side, fc.integer(), (width, height, seed) => {
      const [whole, turned, part] = augmented(picture(width, height), mulberry32(seed));
      expect(whole).toEqual(picture(width, height));
      expect(turned).toEqual(mirrored(whole!));
      expect(part!.width).toBeGreaterThanOrEqual(Math.floor(width / 2));
      const [left, top] = pixel(part!, 0, 0) as [number, number];
      expect(pixel(part!, part!.width - 1, part!.height - 1)).toEqual([
        left + part!.width - 1,
        top + part!.height - 1,
        7,
      ]);
      expect(augmented(picture(width, height), mulberry32(seed))).toEqual([whole, turned, part]);
    }),
  );
});
