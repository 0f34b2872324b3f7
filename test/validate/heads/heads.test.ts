import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { decode, type HeadName } from '../../../src/validate/heads/index.ts';
import type { Detections } from '../../../src/validate/types.ts';
import cases from '../../fixtures/detections/detections.json';
import { type Case, rawOutput } from './raw-output.ts';

/** SHA-256 of the rows x1, y1, x2, y2, confidence, class, as make.py hashes them. */
function sha256({ count, xyxy, conf, cls }: Detections): string {
  const rows = new Float32Array(count * 6);
  for (let row = 0; row < count; row++)
    rows.set([...xyxy.subarray(row * 4, row * 4 + 4), conf[row], cls[row]], row * 6);
  return createHash('sha256').update(rows).digest('hex');
}

describe('detections are those of the reference, bit for bit', () => {
  for (const drawing of cases as readonly Case[]) {
    test(`${drawing.head}: ${drawing.name}`, () => {
      const { output, dims } = rawOutput(drawing);
      const results = drawing.results.map((_, batchIndex) => {
        const detections = decode(drawing.head, output, dims, { ...drawing, batchIndex });
        return { count: detections.count, sha256: sha256(detections) };
      });
      expect(results).toEqual(drawing.results);
    });
  }
});

describe('decode', () => {
  const options = { conf: 0.25, iou: 0.6, maxDet: 300, nc: 2 };

  test('takes what is strictly above the floor, rounded to float32', () => {
    const row = (objectness: number, score: number) => Float32Array.of(5, 5, 10, 10, objectness, score);
    const yolov5 = (objectness: number, score: number, conf: number) =>
      decode('yolov5', row(objectness, score), [1, 1, 6], { ...options, nc: 1, conf }).count;
    const anchorFree = (score: number, conf: number) =>
      decode('anchor-free', row(score, 0), [1, 6, 1], { ...options, conf }).count;
    expect([yolov5(0.25, 1, 0.25), yolov5(1, 0.25, 0.25), anchorFree(0.25, 0.25)]).toEqual([0, 0, 0]);
    // 0.001 rounded to float32 is above 0.001, yet it does not pass: the floor is rounded as well.
    expect([yolov5(0.001, 1, 0.001), yolov5(1, 0.001, 0.001), anchorFree(0.001, 0.001)]).toEqual([0, 0, 0]);
    expect([yolov5(0.0011, 1, 0.001), yolov5(1, 0.0011, 0.001), anchorFree(0.0011, 0.001)]).toEqual([
      1, 1, 1,
    ]);
    // This product is above a quarter as a double, and a quarter in float32.
    expect(yolov5(0.5 + 2 ** -24, 0.5 - 2 ** -25, 0.25)).toBe(0);
    expect([
      yolov5(Number.NaN, 1, 0.001),
      yolov5(1, Number.NaN, 0.001),
      anchorFree(Number.NaN, 0.001),
    ]).toEqual([0, 0, 0]);
  });

  test('puts the rows of an end-to-end model in order', () => {
    const rows = Float32Array.of(0, 0, 1, 1, 0.5, 1, 0, 0, 2, 2, 0.75, 0, 0, 0, 3, 3, 0.125, 0);
    const { count, conf, cls } = decode('end2end', rows, [1, 3, 6], options);
    expect([count, [...conf], [...cls]]).toEqual([2, [0.75, 0.5], [0, 1]]);
  });

  test.each<[HeadName, readonly number[]]>([
    ['yolov5', [1, 25200, 8]],
    ['yolov5', [1, 7, 25200]],
    ['anchor-free', [1, 7, 8400]],
    ['anchor-free', [1, 8400, 6]],
    ['end2end', [1, 300, 7]],
    ['end2end', [300, 6]],
  ])('refuses an output for %s of %j', (head, dims) => {
    const run = () => decode(head, new Float32Array(dims.reduce((a, b) => a * b)), dims, options);
    expect(run).toThrow(UserError);
    expect(run).toThrow(`with 2 classes; it was [${dims.join(', ')}]`);
  });
});
