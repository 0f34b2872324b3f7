import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fitPicture } from '../../src/validate/image/letterbox.ts';
import { largestRectangle, rectangles } from '../../src/validate/rectangles.ts';

interface Case {
  readonly imgsz: number;
  readonly stride: number;
  readonly pictures: readonly {
    readonly native: readonly [width: number, height: number];
    readonly loaded: readonly [width: number, height: number];
    readonly input: readonly [width: number, height: number];
    readonly offset: readonly [left: number, top: number];
  }[];
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/rectangles/expected.json', import.meta.url), 'utf8'),
) as readonly Case[];

const sizeOf = ([width, height]: readonly [number, number]) => ({ width, height });

test.each(cases)('$pictures.length pictures at $imgsz lie where the reference lays them', (given) => {
  const { imgsz, stride, pictures } = given;
  const rule = { imgsz, stride };
  const inputs = rectangles(
    pictures.map(({ native }) => sizeOf(native)),
    rule,
  );
  expect(inputs).toEqual(pictures.map(({ input }) => sizeOf(input)));
  const largest = largestRectangle(rule);
  for (const [i, { native, loaded, offset }] of pictures.entries()) {
    const picture = { ...sizeOf(native), data: new Uint8Array(3 * native[0] * native[1]) };
    expect(fitPicture(picture, inputs[i]!, 'ultralytics', imgsz).geometry).toMatchObject({
      loadedWidth: loaded[0],
      loadedHeight: loaded[1],
      ratio: 1,
      left: offset[0],
      top: offset[1],
    });
    expect(inputs[i]!.width).toBeLessThanOrEqual(largest.width);
    expect(inputs[i]!.height).toBeLessThanOrEqual(largest.height);
  }
});

test('seventeen pictures make two batches, the flattest sixteen first', () => {
  const flat = Array.from({ length: 16 }, () => ({ width: 640, height: 320 }));
  const found = rectangles([{ width: 320, height: 640 }, ...flat], { imgsz: 640, stride: 32 });
  expect(found[0]).toEqual({ width: 352, height: 672 });
  expect(new Set(found.slice(1))).toEqual(new Set([{ width: 672, height: 352 }]));
});
