import { describe, expect, test } from 'vitest';
import { type RankedPairs, rankPairs, torchIou } from '../../src/metrics/iou.ts';
import { matchUltralytics, TIES_ULTRALYTICS } from '../../src/metrics/match-ultralytics.ts';
import { matchYolov5, TIES_YOLOV5 } from '../../src/metrics/match-yolov5.ts';

/** IoUs per detection and label. */
type Table = readonly (readonly number[])[];

function pairs(table: Table, ties: typeof TIES_YOLOV5 | typeof TIES_ULTRALYTICS): RankedPairs {
  const iouRow = (detection: number, row: Float64Array) => row.set(table[detection].map(Math.fround));
  return rankPairs(table.length, table[0].length, iouRow, 0.45, ties);
}

/** How many of the ten thresholds each detection passes. */
function passed(tp: Uint16Array): number[] {
  return Array.from(tp, (bits) => Math.log2(bits + 1));
}

function both(table: Table, detectionCls?: readonly number[], labelCls?: readonly number[]) {
  const detections = Int32Array.from(detectionCls ?? table.map(() => 0));
  const labels = Int32Array.from(labelCls ?? table[0].map(() => 0));
  return {
    yolov5: passed(matchYolov5(pairs(table, TIES_YOLOV5), detections, labels)),
    ultralytics: passed(matchUltralytics(pairs(table, TIES_ULTRALYTICS), detections, labels)),
  };
}

describe('who gets which label', () => {
  test('a threshold that is met exactly counts', () => {
    expect(both([[0.5]])).toEqual({ yolov5: [1], ultralytics: [1] });
    expect(both([[0.95]])).toEqual({ yolov5: [10], ultralytics: [10] });
    expect(both([[0.4999]])).toEqual({ yolov5: [0], ultralytics: [0] });
  });

  test('the more confident detection of two, even if it overlaps less', () => {
    expect(both([[0.6], [0.56]])).toEqual({ yolov5: [3, 0], ultralytics: [3, 0] });
  });

  test('a better overlap still counts at the thresholds that the first detection misses', () => {
    const { yolov5, ultralytics } = {
      yolov5: matchYolov5(pairs([[0.52], [0.66]], TIES_YOLOV5), Int32Array.of(0, 0), Int32Array.of(0)),
      ultralytics: matchUltralytics(
        pairs([[0.52], [0.66]], TIES_ULTRALYTICS),
        Int32Array.of(0, 0),
        Int32Array.of(0),
      ),
    };
    expect(Array.from(yolov5)).toEqual([0b0001, 0b1110]);
    expect(Array.from(ultralytics)).toEqual([0b0001, 0b1110]);
  });

  test('only ultralytics lets a detection fall back on its second label', () => {
    const table = [
      [0.9, 0.0],
      [0.8, 0.7],
    ];
    expect(both(table)).toEqual({ yolov5: [9, 0], ultralytics: [9, 5] });
  });

  test('of equal overlaps yolov5 takes the last label, ultralytics the first', () => {
    const lastWanted = [
      [0.7, 0.7],
      [0.0, 0.7],
    ];
    expect(both(lastWanted)).toEqual({ yolov5: [5, 0], ultralytics: [5, 5] });
    const firstWanted = [
      [0.7, 0.7],
      [0.7, 0.0],
    ];
    expect(both(firstWanted)).toEqual({ yolov5: [5, 5], ultralytics: [5, 0] });
  });

  test('labels of other classes are out of reach', () => {
    expect(both([[0.9, 0.6]], [1], [0, 1])).toEqual({ yolov5: [3], ultralytics: [3] });
  });
});

test('IoU has 1e-7 in its denominator, which counts for boxes of a thousandth of a pixel', () => {
  const box = Float32Array.of(0, 0, 1e-3, 1e-3);
  const row = new Float64Array(1);
  torchIou(box, box)(0, row);
  expect(row[0]).toBeCloseTo(1 / 1.1, 6);
});
