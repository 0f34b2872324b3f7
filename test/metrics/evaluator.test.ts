import { describe, expect, test } from 'vitest';
import { createEvaluator, metricsOf } from '../../src/metrics/evaluator.ts';
import type { Metrics } from '../../src/metrics/types.ts';
import type { Family } from '../../src/protocol.ts';
import type { Sample } from '../../src/validate/types.ts';
import { drawSet } from './random-sets.ts';
import { plainSample } from './samples.ts';

const FAMILIES: readonly Family[] = ['yolov5', 'ultralytics'];

function evaluate(family: Family, nc: number, samples: readonly Sample[]): Metrics {
  const evaluator = createEvaluator({ family, nc });
  for (const sample of samples) evaluator.add(sample);
  return evaluator.finish();
}

const BOX = { cls: 0, xyxy: [100, 100, 200, 200] } as const;

describe.each(FAMILIES)('%s', (family) => {
  test('no images: every figure is 0, and COCO’s -1', () => {
    const metrics = evaluate(family, 1, []);
    expect(metrics).toMatchObject({ P: 0, R: 0, mAP50: 0, mAP75: 0, mAP50_95: 0, perClass: [], images: 0 });
    expect(new Set(Object.values(metrics.coco))).toEqual(new Set([-1]));
  });

  test('labels and no detection at all: zeros for each class with labels', () => {
    const metrics = evaluate(family, 3, [plainSample('/a.jpg', [BOX, { ...BOX, cls: 2 }], [])]);
    expect(metrics.perClass.map(({ id, labels, AP50 }) => [id, labels, AP50])).toEqual([
      [0, 1, 0],
      [2, 1, 0],
    ]);
    expect(metrics).toMatchObject({ P: 0, R: 0, mAP50_95: 0, labels: 2, detections: 0 });
    expect(metrics.coco).toMatchObject({ AP: 0, AR100: 0, APs: -1 });
  });

  test('detections and no label at all: zeros, no class', () => {
    const metrics = evaluate(family, 1, [plainSample('/a.jpg', [], [{ ...BOX, conf: 0.9 }])]);
    expect(metrics).toMatchObject({ P: 0, R: 0, mAP50: 0, perClass: [], labels: 0, detections: 1 });
  });

  test('detections of a class without labels change nothing', () => {
    const alone = evaluate(family, 2, [plainSample('/a.jpg', [BOX], [{ ...BOX, conf: 0.5 }])]);
    const stray = { ...BOX, cls: 1, conf: 0.9 };
    const more = evaluate(family, 2, [plainSample('/a.jpg', [BOX], [stray, { ...BOX, conf: 0.5 }])]);
    expect({ ...more, detections: 1 }).toEqual(alone);
  });

  test('images that contain a class are counted once each', () => {
    const samples = [
      plainSample('/a.jpg', [BOX, BOX, { ...BOX, cls: 1 }], []),
      plainSample('/b.jpg', [BOX], []),
      plainSample('/c.jpg', [], []),
    ];
    const { perClass, images } = evaluate(family, 2, samples);
    expect(images).toBe(3);
    expect(perClass.map(({ id, labels, images: containing }) => [id, labels, containing])).toEqual([
      [0, 3, 2],
      [1, 1, 1],
    ]);
  });

  test('statistics of a selection of images give the figures of that selection', () => {
    const { nc, samples } = drawSet(4, family);
    const evaluator = createEvaluator({ family, nc });
    for (const sample of samples) evaluator.add(sample);
    const kept = evaluator.statistics().filter(({ path }) => path !== samples[0].path);
    expect(kept).toHaveLength(samples.length - 1);
    expect(metricsOf(kept, family)).toEqual(evaluate(family, nc, samples.slice(1)));
  });

  test('what was added can be reused by the caller', () => {
    const sample = plainSample('/a.jpg', [BOX], [{ ...BOX, conf: 0.9 }]);
    const evaluator = createEvaluator({ family, nc: 1 });
    evaluator.add(sample);
    const before = evaluator.finish();
    sample.detections.conf.fill(0);
    sample.detections.cls.fill(7);
    sample.labels.cls.fill(7);
    expect(evaluator.finish()).toEqual(before);
  });
});

test.each([
  { order: 'numbers', first: '/9.jpg', second: '/10.jpg' },
  { order: 'names without folders', first: '/b/x.jpg', second: '/a/y.jpg' },
])('equal scores follow the images’ paths for the family, their $order for COCO', ({ first, second }) => {
  const found = plainSample(first, [BOX], [{ ...BOX, conf: 0.5 }]);
  const stray = plainSample(second, [], [{ ...BOX, conf: 0.5 }]);
  const metrics = evaluate('ultralytics', 1, [found, stray]);
  expect(metrics.mAP50).toBeCloseTo(0.4975, 9);
  expect(metrics.coco.AP50).toBeCloseTo(1, 9);
});
