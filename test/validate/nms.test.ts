import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byDescendingConf, nms } from '../../src/validate/nms.ts';
import type { Detections } from '../../src/validate/types.ts';
import { mulberry32 } from './heads/raw-output.ts';

type Row = readonly [x1: number, y1: number, x2: number, y2: number, conf: number, cls: number];

function detections(rows: readonly Row[]): Detections {
  return {
    count: rows.length,
    xyxy: Float32Array.from(rows.flatMap((row) => row.slice(0, 4))),
    conf: Float32Array.from(rows, (row) => row[4]),
    cls: Int32Array.from(rows, (row) => row[5]),
  };
}

function rowsOf({ count, xyxy, conf, cls }: Detections): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const [x1, y1, x2, y2] = xyxy.subarray(i * 4, i * 4 + 4);
    return [x1, y1, x2, y2, conf[i], cls[i]];
  });
}

const f = Math.fround;

/** IoU of two boxes as torchvision's CPU kernel computes it, every step in float32. */
function plainIou(a: readonly number[], b: readonly number[]): number {
  const area = ([x1, y1, x2, y2]: readonly number[]) => f(f(x2 - x1) * f(y2 - y1));
  const width = f(Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = f(Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const shared = f(Math.max(0, width) * Math.max(0, height));
  return f(shared / f(f(area(a) + area(b)) - shared));
}

/** Greedy suppression as that kernel is written: every box against every later one, in one list. */
function plainNms(rows: readonly Row[], iou: number, maxDet: number): Row[] {
  const sorted = rows.map((row) => row.map(f) as unknown as Row).sort((a, b) => b[4] - a[4]);
  const moved = sorted.map((row) => row.slice(0, 4).map((value) => f(value + row[5] * 7680)));
  const suppressed = sorted.map(() => false);
  for (const [i, box] of moved.entries()) {
    if (suppressed[i]) continue;
    for (let j = i + 1; j < moved.length; j++) if (plainIou(box, moved[j]) > iou) suppressed[j] = true;
  }
  return sorted.filter((_, index) => !suppressed[index]).slice(0, maxDet);
}

describe('nms', () => {
  test('keeps the most confident of boxes that overlap', () => {
    const kept = nms(
      detections([
        [0, 0, 10, 10, 0.5, 0],
        [1, 0, 11, 10, 0.75, 0],
        [50, 50, 60, 60, 0.25, 0],
      ]),
      {
        iou: 0.6,
        maxDet: 300,
      },
    );
    expect(rowsOf(kept)).toEqual([
      [1, 0, 11, 10, 0.75, 0],
      [50, 50, 60, 60, 0.25, 0],
    ]);
  });

  test('suppresses strictly above the threshold, a double against a float32', () => {
    const nested = (share: number) =>
      detections([
        [0, 0, 10, 10, 0.5, 0],
        [0, 0, 10, 10 * share, 0.25, 0],
      ]);
    expect(nms(nested(0.5), { iou: 0.5, maxDet: 300 }).count).toBe(2);
    // 0.6 is rounded up to float32, so that an IoU of 0.6 is above the double; 0.7 is rounded down.
    expect(nms(nested(0.6), { iou: 0.6, maxDet: 300 }).count).toBe(1);
    expect(nms(nested(0.7), { iou: 0.7, maxDet: 300 }).count).toBe(2);
  });

  test('computes IoU step by step in float32', () => {
    const next = mulberry32(7);
    const box = () => {
      const [x, y] = [next() * 8, next() * 8];
      return [x, y, x + 20 + next() * 8, y + 20 + next() * 8].map(f) as [number, number, number, number];
    };
    for (let pair = 0; pair < 2000; pair++) {
      const [a, b] = [box(), box()];
      const iou = plainIou(a, b);
      const both = detections([
        [...a, 0.5, 0],
        [...b, 0.25, 0],
      ]);
      expect(nms(both, { iou, maxDet: 300 }).count).toBe(2);
      expect(nms(both, { iou: iou - 1e-12, maxDet: 300 }).count).toBe(1);
    }
  });

  test('moves classes apart in float32, which rounds the boxes of high classes', () => {
    const pair = (cls: number) =>
      detections([
        [0, 0, 10, 10, 0.5, cls],
        [0, 0, 10, 6.03, 0.25, cls],
      ]);
    expect(nms(pair(0), { iou: 0.6015, maxDet: 300 }).count).toBe(1);
    expect(nms(pair(79), { iou: 0.6015, maxDet: 300 }).count).toBe(2);
  });

  test('lets classes overlap', () => {
    const kept = nms(
      detections([
        [0, 0, 10, 10, 0.5, 0],
        [0, 0, 10, 10, 0.25, 1],
      ]),
      { iou: 0.6, maxDet: 300 },
    );
    expect(kept.count).toBe(2);
  });

  test('lets a box that reaches into the next class suppress there, as the references do', () => {
    const kept = nms(
      detections([
        [7680, 7680, 7690, 7690, 0.5, 0],
        [0, 0, 10, 10, 0.25, 1],
      ]),
      {
        iou: 0.6,
        maxDet: 300,
      },
    );
    expect(kept.count).toBe(1);
  });

  test('keeps the order of equal confidences', () => {
    const rows = Array.from({ length: 100 }, (_, i): Row => [i * 20, 0, i * 20 + 10, 10, 0.5, 0]);
    expect(rowsOf(nms(detections(rows), { iou: 0.6, maxDet: 300 }))).toEqual(rows);
  });

  test('stops at maxDet, and takes nothing', () => {
    const rows = Array.from({ length: 9 }, (_, i): Row => [i * 20, 0, i * 20 + 10, 10, (i + 1) / 10, 0]);
    expect(nms(detections(rows), { iou: 0.6, maxDet: 4 }).cls).toHaveLength(4);
    expect(nms(detections([]), { iou: 0.6, maxDet: 300 })).toMatchObject({ count: 0 });
  });

  test('equals plain greedy suppression, also for boxes without an end or a size', () => {
    const position = fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0, max: 24 }) },
      { weight: 1, arbitrary: fc.constantFrom(-9000, 9000, 7680, 7690, Infinity, -Infinity, NaN) },
    );
    const row = fc.tuple(
      position,
      position,
      position,
      position,
      fc.integer({ min: 1, max: 20 }).map((value) => value / 20),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 60 }),
        fc.constantFrom(0, 0.3, 0.6, 0.7, 1),
        fc.integer({ min: 1, max: 40 }),
        (rows, iou, maxDet) => {
          expect(rowsOf(nms(detections(rows), { iou, maxDet }))).toEqual(plainNms(rows, iou, maxDet));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('byDescendingConf sorts by float32 value, then by index', () => {
  const conf = [0.001, 1, 0.25, 1e-40, 0.25, 0.5, 0.25];
  expect([...byDescendingConf(detections(conf.map((value) => [0, 0, 1, 1, value, 0])))]).toEqual([
    1, 5, 2, 4, 6, 0, 3,
  ]);
});
