import { describe, expect, test } from 'vitest';
import { AXIS, bestF1, confidenceCurves } from '../../src/metrics/confidence-curves.ts';

const LAST = AXIS.length - 1;

function curves(detections: readonly (readonly [conf: number, hit: 0 | 1])[], labels: number) {
  return confidenceCurves({
    labels,
    conf: Float32Array.from(detections, ([conf]) => conf),
    tp: Uint16Array.from(detections, ([, hit]) => hit),
  });
}

describe('lines over confidence', () => {
  test('above the highest confidence all is right and nothing is found', () => {
    const { P, R, F1 } = curves([[0.5, 0]], 1);
    expect([P[LAST], R[LAST], F1[LAST]]).toEqual([1, 0, 0]);
    expect([P[0], R[0], F1[0]]).toEqual([0, 0, 0]);
  });

  test('detections of one confidence count together, at that confidence as well', () => {
    const pair = curves(
      [
        [1, 1],
        [1, 0],
      ],
      1,
    );
    expect([pair.P[LAST], pair.R[LAST]]).toEqual([0.5, 1]);
  });

  test('values lie on the line between two detections', () => {
    const { R } = curves(
      [
        [0.75, 1],
        [0.25, 1],
      ],
      2,
    );
    const point = 500;
    expect(R[point]).toBeCloseTo(0.5 + (0.75 - AXIS[point]), 12);
  });

  test('a class without detections has no precision either', () => {
    expect(new Set(curves([], 3).P)).toEqual(new Set([0]));
  });
});

test('P and R are read in the middle of the widest good stretch, not at a spike', () => {
  const F1 = new Float64Array(AXIS.length);
  F1[900] = 1;
  F1.fill(0.5, 200, 301);
  expect(bestF1([{ P: F1, R: F1, F1 }])).toBe(250);
});
