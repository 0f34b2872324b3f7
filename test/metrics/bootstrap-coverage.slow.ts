import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/calibrate/random.ts';
import { bootstrap, type FigureKey, spreadOf } from '../../src/metrics/bootstrap.ts';
import { metricsOf } from '../../src/metrics/evaluator.ts';
import type { ImageStatistics } from '../../src/metrics/types.ts';

const REPETITIONS = 300;
const IMAGES = 150;
/** So many images that their drop is the true one, as far as these repetitions can tell. */
const POPULATION = 60_000;
const CLASSES = 3;

type Pair = readonly [before: ImageStatistics, after: ImageStatistics];

/**
 * One image through two models that find and miss the same kind of things, the second a little more often. Detections
 * are drawn as their statistics: how well each label's box fits, with which confidence, and what is seen where nothing is.
 */
function drawPair(random: () => number, number: number): Pair {
  const hard = random();
  const labels = Int32Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
    Math.floor(random() * CLASSES),
  );
  const found = Array.from(labels, (cls) => ({ cls, fit: random(), conf: random() }));
  const strays = Array.from({ length: Math.floor(random() * 5) }, () => ({
    cls: Math.floor(random() * CLASSES),
    conf: random() ** 2,
  }));
  const model = (loss: number): ImageStatistics => {
    const detections = [
      ...found.flatMap(({ cls, fit, conf }) => {
        const quality = 1.25 - 0.7 * hard * fit - loss * (0.5 + random());
        const thresholds = Math.floor((Math.min(quality, 0.999) - 0.5) / 0.05) + 1;
        if (thresholds <= 0) return [];
        return [{ cls, conf: 0.2 + 0.8 * conf * quality, tp: (1 << Math.min(thresholds, 10)) - 1 }];
      }),
      ...strays.map(({ cls, conf }) => ({ cls, conf: conf * (1 + loss * random()), tp: 0 })),
    ].sort((a, b) => b.conf - a.conf);
    const hits = detections.flatMap(({ tp }, i) => (tp ? [i] : []));
    const areas = (tp: number) => [tp, 0, tp, 0];
    const cls = Int32Array.from(detections, (detection) => detection.cls);
    return {
      path: `/images/${String(number).padStart(6, '0')}.jpg`,
      labels,
      conf: Float32Array.from(detections, ({ conf }) => conf),
      cls,
      tp: Uint16Array.from(detections, ({ tp }) => tp),
      coco: {
        score: Uint32Array.from(detections, ({ conf }) => Math.round(conf * 1e5)),
        cls,
        rank: Uint8Array.from(detections, (_, i) => i),
        areas: new Uint8Array(cls.length).fill(0b101),
        matched: Uint32Array.from(hits),
        tp: Uint16Array.from(hits.flatMap((i) => areas(detections[i].tp))),
        ignored: new Uint16Array(4 * hits.length),
        labels,
        labelAreas: new Uint8Array(labels.length).fill(0b101),
      },
    };
  };
  return [model(0), model(0.02)];
}

function draw(seed: number, images: number): [ImageStatistics[], ImageStatistics[]] {
  const random = mulberry32(seed);
  const pairs = Array.from({ length: images }, (_, number) => drawPair(random, number));
  return [pairs.map(([before]) => before), pairs.map(([, after]) => after)];
}

test('the 95 % interval holds the true drop 92 to 98 times in 100', { timeout: 3_600_000 }, () => {
  const figures: readonly FigureKey[] = ['mAP50_95', 'AP'];
  const [before, after] = draw(1, POPULATION).map((images) => metricsOf(images, 'ultralytics'));
  const truth = {
    mAP50_95: before.mAP50_95 - after.mAP50_95,
    AP: before.coco.AP - after.coco.AP,
  };
  const covered = new Map(figures.map((figure) => [figure, 0]));
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const { drops } = bootstrap(...draw(1000 + repetition, IMAGES), { family: 'ultralytics', figures });
    for (const figure of figures) {
      const { low, high } = spreadOf(drops.get(figure)!)!;
      const drop = truth[figure as keyof typeof truth];
      if (low <= drop && drop <= high) covered.set(figure, covered.get(figure)! + 1);
    }
  }
  for (const [figure, times] of covered) {
    const share = times / REPETITIONS;
    console.error(
      `${figure}: true drop ${truth[figure as 'AP'].toFixed(4)}, held by ${(100 * share).toFixed(1)} % of the intervals`,
    );
    expect(share, figure).toBeGreaterThanOrEqual(0.92);
    expect(share, figure).toBeLessThanOrEqual(0.98);
  }
});
