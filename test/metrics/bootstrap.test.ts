import { describe, expect, test } from 'vitest';
import { bootstrap, type FigureKey, spreadOf } from '../../src/metrics/bootstrap.ts';
import { figureColumns, figureCounter } from '../../src/metrics/bootstrap-figures.ts';
import { packLanes } from '../../src/metrics/bootstrap-lanes.ts';
import { bootstrapOnThreads } from '../../src/metrics/bootstrap-pool.ts';
import { createEvaluator, metricsOf } from '../../src/metrics/evaluator.ts';
import type { ImageStatistics } from '../../src/metrics/types.ts';
import type { Family } from '../../src/protocol.ts';
import { drawSet } from './random-sets.ts';
import { plainSample } from './samples.ts';

const FIGURES: readonly FigureKey[] = [
  ...(['P', 'R', 'mAP50', 'mAP75', 'mAP50_95'] as const),
  ...(['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl'] as const),
  ...(['AR1', 'AR10', 'AR100', 'ARs', 'ARm', 'ARl'] as const),
];

function statisticsOf(seed: number, family: Family): readonly ImageStatistics[] {
  const { samples, nc } = drawSet(seed, family);
  const evaluator = createEvaluator({ family, nc });
  for (const sample of samples) evaluator.add(sample);
  return evaluator.statistics();
}

/** Each image as often as its weight; copies of the whole image, as a resample would hold them. */
function selection(images: readonly ImageStatistics[], weights: Uint16Array): ImageStatistics[] {
  return images.flatMap((image, i) => Array.from({ length: weights[i] }, () => image));
}

describe.each(['yolov5', 'ultralytics'] as const)(
  '%s: weighted figures are those of a list with copies',
  (family) => {
    test.each(Array.from({ length: 39 }, (_, seed) => seed))('set %i', (seed) => {
      const { kind } = drawSet(seed, family);
      const images = statisticsOf(seed, family);
      const count = figureCounter(figureColumns(images, family, new Set(FIGURES)));
      // Copies of an image stand side by side here and one after the other there: among equal confidences that shows.
      const patterns =
        kind === 'equal confidences'
          ? [[1], [1, 0], [0, 1, 1]]
          : [
              [1, 0, 3],
              [3, 2, 1, 0],
              [0, 1, 2],
            ];
      const weightings = patterns.map((pattern) =>
        Uint16Array.from(images, (_, i) => pattern[i % pattern.length]),
      );
      const counted = count(packLanes(weightings));
      for (const [lane, weights] of weightings.entries()) {
        const expected = metricsOf(selection(images, weights), family);
        const { figures, perClass } = counted[lane];
        for (const key of FIGURES) {
          const figure = key in expected.coco ? expected.coco[key as 'AP'] : expected[key as 'P'];
          expect(figures[key], key).toBeCloseTo(figure, 9);
        }
        expect([...perClass].filter((figure) => !Number.isNaN(figure))).toHaveLength(
          expected.perClass.length,
        );
      }
    });
  },
);

/** Images with one object each, which the pruned model loses in every fourth. */
function pair(images: number): [readonly ImageStatistics[], readonly ImageStatistics[]] {
  const box = { cls: 0, xyxy: [10, 10, 110, 110] as const };
  const models = [() => true, (i: number) => i % 4 !== 0].map((finds) => {
    const evaluator = createEvaluator({ family: 'ultralytics', nc: 1 });
    for (let i = 0; i < images; i++) {
      const detections = finds(i) ? [{ ...box, conf: 0.9 - i / 1000 }] : [];
      evaluator.add(plainSample(`/images/${String(i).padStart(4, '0')}.jpg`, [box], detections));
    }
    return evaluator.statistics();
  });
  return models as [readonly ImageStatistics[], readonly ImageStatistics[]];
}

test('the interval is about the plain difference, in whatever direction the resamples lie', () => {
  const [before, after] = pair(40);
  for (const [first, second, drop] of [
    [before, after, 0.25],
    [after, before, -0.25],
  ] as const) {
    const { drops } = bootstrap(first, second, { family: 'ultralytics', figures: ['AP', 'P'] });
    const { low, high } = spreadOf(drops.get('AP')!)!;
    const plain = metricsOf(first, 'ultralytics').coco.AP - metricsOf(second, 'ultralytics').coco.AP;
    expect((low + high) / 2).toBeCloseTo(plain, 9);
    expect(plain).toBeCloseTo(drop, 1);
  }
});

test('the interval is narrower with more images', () => {
  const spread = (images: number) => {
    const { drops } = bootstrap(...pair(images), { family: 'ultralytics', figures: ['AP'] });
    return spreadOf(drops.get('AP')!)!;
  };
  const few = spread(40);
  const many = spread(160);
  for (const { low, high } of [few, many]) {
    expect(low).toBeLessThan(0.25);
    expect(high).toBeGreaterThan(0.25);
  }
  // The share of lost objects is binomial: the standard error is √(p (1 − p) / n).
  expect(few.standardError).toBeCloseTo(Math.sqrt((0.25 * 0.75) / 40), 2);
  expect(many.standardError).toBeCloseTo(Math.sqrt((0.25 * 0.75) / 160), 2);
  expect((few.high - few.low) / few.standardError).toBeCloseTo(2 * 1.96, 0);
});

test('both models are drawn alike: two equal models never differ', () => {
  const [before] = pair(40);
  const { drops, perClass } = bootstrap(before, before, {
    family: 'ultralytics',
    figures: ['AP', 'mAP50_95'],
  });
  for (const drop of [...drops.values(), ...perClass.values()]) expect(new Set(drop)).toEqual(new Set([0]));
});

test('resamples come in pairs that hold each image once between them', () => {
  // The share of objects that are found is a mean over the images, so that two halves have the mean of the whole.
  const options = { family: 'ultralytics', figures: ['AR100'], resamples: 100 } as const;
  const drop = bootstrap(...pair(40), options).drops.get('AR100')!;
  const means = Array.from({ length: 50 }, (_, i) => (drop[2 * i]! + drop[2 * i + 1]!) / 2);
  for (const mean of means) expect(mean).toBeCloseTo(0.25, 9);
  expect(new Set(drop.map((value) => Math.round(value * 1e6))).size).toBeGreaterThan(5);
});

test('the same seed draws the same images', () => {
  const options = { family: 'ultralytics', figures: ['AP'], resamples: 50 } as const;
  const [before, after] = pair(20);
  expect(bootstrap(before, after, options)).toEqual(bootstrap(before, after, options));
  expect(bootstrap(before, after, options)).not.toEqual(bootstrap(before, after, { ...options, seed: 1 }));
});

test('parts count what the whole counts, and threads what one thread counts, to the last bit', async () => {
  const images = (seed: number) => statisticsOf(seed, 'yolov5');
  const before = [0, 13, 26].flatMap((seed) => images(seed));
  const after = before.map((image, i) => ({
    ...image,
    tp: image.tp.map((tp, d) => ((i + d) % 3 ? tp : tp & 7)),
  }));
  const options = { family: 'yolov5', figures: FIGURES, resamples: 103 } as const;
  const whole = bootstrap(before, after, options);
  expect(await bootstrapOnThreads(before, after, options, { threads: 3, many: 0 })).toEqual(whole);
});

test('resamples without a figure do not count, and too many of them leave no interval', () => {
  const drops = Float64Array.of(0.1, Number.NaN, 0.3, 0.2);
  expect(spreadOf(drops)).toMatchObject({
    low: expect.closeTo(0.2 - 0.196, 5),
    high: expect.closeTo(0.2 + 0.196, 5),
    standardError: expect.closeTo(0.1, 9),
  });
  expect(spreadOf(Float64Array.of(0.1, Number.NaN))).toBeNull();
});

test('models that saw other images cannot be paired', () => {
  const [before, after] = pair(4);
  expect(() => bootstrap(before, after.slice(1), { family: 'yolov5', figures: ['AP'] })).toThrow(
    /same images/,
  );
});
