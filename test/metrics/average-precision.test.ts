import { describe, expect, test } from 'vitest';
import {
  cocoAveragePrecision,
  familyAveragePrecision,
  type Hits,
} from '../../src/metrics/average-precision.ts';
import { familyMetrics } from '../../src/metrics/family.ts';
import type { ImageStatistics } from '../../src/metrics/types.ts';

function hits(sequence: readonly number[], labels: number): Hits {
  const ranks = sequence.flatMap((hit, place) => (hit ? [place + 1] : []));
  return { ranks: Uint32Array.from(ranks), detections: sequence.length, labels };
}

describe('average precision of one class', () => {
  test.each([
    { sequence: [1], labels: 2, yolov5: 0.75, ultralytics: 0.495, coco: 0.504950495 },
    { sequence: [1, 0, 1], labels: 3, yolov5: 0.6672, ultralytics: 0.555, coco: 0.5544554455 },
    { sequence: [0, 1], labels: 1, yolov5: 0.4975, ultralytics: 0.4975, coco: 0.5 },
    { sequence: [1], labels: 1, yolov5: 0.995, ultralytics: 0.995, coco: 1 },
    { sequence: [0], labels: 1, yolov5: 0, ultralytics: 0, coco: 0 },
    { sequence: [], labels: 1, yolov5: 0, ultralytics: 0, coco: 0 },
  ])('$sequence of $labels', ({ sequence, labels, yolov5, ultralytics, coco }) => {
    expect(familyAveragePrecision(hits(sequence, labels), 'yolov5')).toBeCloseTo(yolov5, 4);
    expect(familyAveragePrecision(hits(sequence, labels), 'ultralytics')).toBeCloseTo(ultralytics, 9);
    expect(cocoAveragePrecision(hits(sequence, labels))).toBeCloseTo(coco, 9);
  });
});

describe('three classes, one of them found by nothing, and one found that is not there', () => {
  const bits = (place: number) =>
    ([0, 1, 3, 6, 9].includes(place) ? 0b11111 : 0) | ([0, 3].includes(place) ? 0b1111100000 : 0);
  const conf = Float32Array.of(
    0.897,
    0.874,
    0.821,
    0.797,
    0.776,
    0.625,
    0.468,
    0.303,
    0.3,
    0.278,
    0.225,
    0.005,
  );
  const image = {
    labels: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 3),
    conf,
    cls: Int32Array.of(0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 2),
    tp: Uint16Array.from(conf, (_, place) => bits(place)),
  } as unknown as ImageStatistics;

  test('yolov5', () => {
    const { perClass } = familyMetrics([image], 'yolov5');
    expect(perClass.map(({ id }) => id)).toEqual([0, 1, 3]);
    expect(perClass.map(({ P }) => P)).toEqual([expect.closeTo(0.16932958823415434, 12), 0.8, 0]);
    expect(perClass.map(({ R }) => R)).toEqual([expect.closeTo(1 / 3, 12), 1, 0]);
    expect(perClass.map(({ AP50 }) => Number(AP50.toFixed(9)))).toEqual([0.390275, 0.945, 0]);
    expect(perClass.map(({ AP50_95 }) => Number(AP50_95.toFixed(9)))).toEqual([0.390275, 0.57175, 0]);
  });

  test('ultralytics', () => {
    const { perClass } = familyMetrics([image], 'ultralytics');
    expect(perClass.map(({ AP50 }) => Number(AP50.toFixed(9)))).toEqual([0.335, 0.945, 0]);
    expect(perClass.map(({ AP50_95 }) => Number(AP50_95.toFixed(9)))).toEqual([0.335, 0.53375, 0]);
  });
});
