import { describe, expect, test } from 'vitest';
import { cocoMetrics } from '../../src/metrics/coco.ts';
import { matchCoco } from '../../src/metrics/coco-match.ts';
import { createEvaluator, type Evaluator } from '../../src/metrics/evaluator.ts';
import { IOU_COUNT } from '../../src/metrics/iou.ts';
import type { CocoMetrics } from '../../src/metrics/types.ts';
import type { Family } from '../../src/protocol.ts';
import { EXPECTED, TOLERANCE } from './expected.ts';
import { drawCrowdSet, drawSet } from './random-sets.ts';

const FAMILIES: readonly Family[] = ['yolov5', 'ultralytics'];

function evaluated(seed: number, family: Family): Evaluator {
  const { nc, samples } = drawSet(seed, family);
  const evaluator = createEvaluator({ family, nc });
  for (const sample of samples) evaluator.add(sample);
  return evaluator;
}

function twelve(coco: CocoMetrics): number[] {
  const { AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl } = coco;
  return [AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl];
}

function expectClose(actual: readonly number[], expected: readonly number[], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value - expected[i]), `${what}[${i}]: ${value} for ${expected[i]}`).toBeLessThan(
      TOLERANCE,
    );
  }
}

/** The references' rows of classes, of which each starts with the class. */
function classRows(flat: readonly number[]): number[][] {
  return Array.from({ length: flat.length / 6 }, (_, row) => flat.slice(6 * row, 6 * row + 6));
}

describe.each(FAMILIES)('%s', (family) => {
  test.each(EXPECTED.sets.map((expected, seed) => ({ seed, kind: drawSet(seed, family).kind, ...expected })))(
    'set $seed: $kind',
    ({ seed, ...expected }) => {
      const evaluator = evaluated(seed, family);
      const metrics = evaluator.finish();
      const tp = Array.from({ length: IOU_COUNT }, (_, t) =>
        evaluator
          .statistics()
          .flatMap((image) => Array.from(image.tp))
          .reduce((sum, bits) => sum + ((bits >> t) & 1), 0),
      );
      expect(tp).toEqual(expected[family].tp);

      const rows = classRows(expected[family].classes);
      const found = metrics.perClass.map((c) => [c.id, c.P, c.R, c.AP50, c.AP75, c.AP50_95]);
      // Without any true positive yolov5 leaves the classes out.
      const silent = rows.length === 0 ? found.map(([id]) => [id, 0, 0, 0, 0, 0]) : rows;
      expectClose(found.flat(), silent.flat(), 'classes');
      const mean = (column: number) =>
        silent.length === 0 ? 0 : silent.reduce((sum, row) => sum + row[column], 0) / silent.length;
      const { P, R, mAP50, mAP75, mAP50_95 } = metrics;
      expectClose([P, R, mAP50, mAP75, mAP50_95], [1, 2, 3, 4, 5].map(mean), 'means');

      expectClose(twelve(metrics.coco), expected[family].coco, 'coco');
      expect(metrics.detections).toBe(expected[family].rows);

      const { confusion } = expected[family];
      if (confusion) {
        const { counts } = evaluator.confusion();
        expect(Array.from(confusion, (_, cell) => counts.get(cell) ?? 0)).toEqual(confusion);
      }
    },
  );
});

const WITH_CURVES = EXPECTED.sets.flatMap(({ curves }, seed) => (curves ? [{ seed, curves }] : []));

describe.each(['P', 'R', 'F1', 'PR'] as const)('%s line by ultralytics', (line) => {
  test.each(WITH_CURVES)('set $seed', ({ seed, curves }) => {
    const { perClass } = evaluated(seed, 'ultralytics').curves();
    // For a set without labels the reference has one empty PR line, of no class.
    const expected = perClass.length === 0 ? [] : curves[line];
    const found = perClass.map((cls) => {
      const sum = cls[line].reduce((total, value) => total + value, 0);
      return [...[0, 17, 333, 666].map((point) => cls[line][point]), sum];
    });
    expectClose(found.flat(), expected.flat(), line);
  });
});

test.each(EXPECTED.crowds.map((expected, seed) => ({ seed, expected })))(
  'crowds $seed',
  ({ seed, expected }) => {
    const images = drawCrowdSet(seed).map(({ labels, detections }) => matchCoco(labels, detections));
    expectClose(twelve(cocoMetrics(images)), expected, 'coco');
  },
);
