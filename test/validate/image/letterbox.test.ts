import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Family } from '../../../src/protocol.ts';
import { letterbox } from '../../../src/validate/image/letterbox.ts';
import { cropNoise } from '../../fixtures/images/noise.ts';
import { recorded, sha256 } from './fixtures.ts';

type Pair = [x: number, y: number];

/** yolov5 carries the unrounded padding, ultralytics the rounded offset. */
interface Case {
  readonly input: Pair;
  readonly native: Pair;
  readonly loaded: Pair;
  readonly ratio: number;
  readonly pad?: Pair;
  readonly offset?: Pair;
  readonly sha256: string;
}

const cases = recorded<Record<Family, Case[]>>('letterboxed.json');

describe.each(['yolov5', 'ultralytics'] as const)('%s', (family) => {
  test(`equals the reference in all ${cases[family].length} recorded sizes, square and not`, () => {
    const actual = cases[family].map(({ input, native, pad }): Case => {
      const size = { width: input[0], height: input[1] };
      const { image, geometry } = letterbox(cropNoise(0, 0, ...native), size, family);
      return {
        input: [geometry.width, geometry.height],
        native: [geometry.nativeWidth, geometry.nativeHeight],
        loaded: [geometry.loadedWidth, geometry.loadedHeight],
        ratio: geometry.ratio,
        ...(pad ? { pad: [geometry.padX, geometry.padY] } : { offset: [geometry.left, geometry.top] }),
        sha256: sha256(image.data),
      };
    });
    expect(actual).toEqual(cases[family]);
  });

  test('pads with grey 114 all around the picture, the odd pixel to the right and below', () => {
    const native = fc.integer({ min: 1, max: 200 });
    const input = fc.integer({ min: 1, max: 4 }).map((strides) => strides * 32);
    fc.assert(
      fc.property(native, native, input, input, (w, h, width, height) => {
        const { image, geometry } = letterbox(cropNoise(0, 0, w, h), { width, height }, family);
        expect([image.width, image.height, image.data.length]).toEqual([width, height, width * height * 3]);
        const { left, top, padX, padY } = geometry;
        const right = Math.ceil(padX);
        const bottom = Math.ceil(padY);
        expect([left, top]).toEqual([Math.floor(padX), Math.floor(padY)]);
        const outside = Array.from(image.data).filter((_, i) => {
          const x = Math.floor(i / 3) % width;
          const y = Math.floor(i / 3 / width);
          return x < left || x >= width - right || y < top || y >= height - bottom;
        });
        expect(outside.every((sample) => sample === 114)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

test('yolov5 shrinks a long side of 147 twice: 640 / 147 × 147 is more than 640', () => {
  const { geometry } = letterbox(cropNoise(0, 0, 147, 100), { width: 640, height: 640 }, 'yolov5');
  expect([geometry.loadedWidth, geometry.ratio]).toEqual([641, 640 / 641]);
  const { geometry: capped } = letterbox(
    cropNoise(0, 0, 147, 100),
    { width: 640, height: 640 },
    'ultralytics',
  );
  expect([capped.loadedWidth, capped.ratio]).toEqual([640, 1]);
});
