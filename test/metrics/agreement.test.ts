import { expect, test } from 'vitest';
import { agreement } from '../../src/metrics/agreement.ts';
import type { Detections } from '../../src/validate/types.ts';

type Row = readonly [conf: number, cls: number, box: readonly [number, number, number, number]];

const detections = (...rows: readonly Row[]): Detections => ({
  count: rows.length,
  conf: Float32Array.from(rows, ([conf]) => conf),
  cls: Int32Array.from(rows, ([, cls]) => cls),
  xyxy: Float32Array.from(rows.flatMap(([, , box]) => box)),
});

const CAT: Row = [0.8, 0, [0, 0, 10, 10]];
const DOG: Row = [0.4, 1, [20, 20, 30, 40]];

test('the same detections agree wholly, none not at all', () => {
  expect(agreement(detections(CAT, DOG), detections(CAT, DOG)).agreement).toBeCloseTo(1, 6);
  expect(agreement(detections(CAT, DOG), detections())).toMatchObject({ agreement: 0 });
});

test('a picture without detections counts nothing', () => {
  const faint: Row = [0.01, 0, [0, 0, 10, 10]];
  expect(agreement(detections(faint), detections())).toEqual({ agreement: 1, weight: 0 });
});

test('by confidence, overlap and class', () => {
  const shifted: Row = [0.8, 0, [0, 0, 10, 5]];
  const weaker: Row = [0.4, 0, [0, 0, 10, 10]];
  const other: Row = [0.8, 1, [0, 0, 10, 10]];
  const surer: Row = [0.9, 0, [0, 0, 10, 10]];
  const of = (...rows: readonly Row[]) => agreement(detections(CAT), detections(...rows)).agreement;
  expect(of(shifted)).toBeCloseTo(0.5, 6);
  expect(of(weaker)).toBeCloseTo(0.5, 6);
  expect(of(other)).toBe(0);
  expect(of(surer)).toBeCloseTo(1, 6);
  expect(of(weaker, shifted)).toBeCloseTo(0.5, 6);
  // Two thirds of the confidence found again, one third lost.
  expect(agreement(detections(CAT, DOG), detections(CAT)).agreement).toBeCloseTo(2 / 3, 6);
});
