import { describe, expect, test } from 'vitest';
import { mulberry32 } from '../../src/calibrate/random.ts';
import { upperTail } from '../../src/gate/normal.ts';
import {
  DropCounter,
  type FigureKey,
  planResampling,
  type ResamplingPlan,
  type Spread,
  spreadOf,
} from '../../src/metrics/bootstrap.ts';
import { figureCounter } from '../../src/metrics/bootstrap-figures.ts';
import { LANES, packLanes } from '../../src/metrics/bootstrap-lanes.ts';
import { metricsOf } from '../../src/metrics/evaluator.ts';
import type { ImageStatistics } from '../../src/metrics/types.ts';

/** Drawn data sets a setting. */
const REPETITIONS = 300;
/** Images of which the drop is the true one, as far as these repetitions can tell: so many, so often. */
const POPULATION = { images: 50_000, times: 16 };
const FIGURES = ['mAP50_95', 'mAP50'] as const satisfies readonly FigureKey[];

type Pair = readonly [before: ImageStatistics, after: ImageStatistics];

/** A normal number. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function confidence(value: number): number {
  return Math.max(0.01, Math.min(0.999, value));
}

/**
 * One image through two models that find and miss the same kind of things, each with chances of its own; the second is the
 * worse by `loss`. Detections are drawn as their statistics: how well each label's box fits, with which confidence, and
 * what is seen where nothing is. Of many classes some are much rarer than others.
 */
function drawPair(random: () => number, classes: number, loss: number, number: number): Pair {
  const drawClass = () => Math.floor(classes * (classes > 5 ? random() ** 2 : random()));
  const hard = random();
  const labels = Int32Array.from({ length: 1 + Math.floor(random() * 6) }, drawClass);
  const found = Array.from(labels, (cls) => ({ cls, fit: random(), conf: random() }));
  const strays = Array.from({ length: Math.floor(random() * 8) }, () => ({
    cls: drawClass(),
    conf: random() ** 2,
  }));
  const model = (loss: number): ImageStatistics => {
    const detections = [
      ...found.flatMap(({ cls, fit, conf }) => {
        const quality = 1.25 - 0.7 * hard * fit - loss * (0.5 + random()) + 0.06 * gauss(random);
        const thresholds = Math.floor((Math.min(quality, 0.999) - 0.5) / 0.05) + 1;
        if (thresholds <= 0) return [];
        const own = confidence(0.1 + 0.8 * conf * quality + 0.05 * gauss(random));
        return [{ cls, conf: own, tp: (1 << Math.min(thresholds, 10)) - 1 }];
      }),
      ...strays.map(({ cls, conf }) => {
        const own = confidence(conf * (1 + loss * random()) + 0.05 * gauss(random));
        return { cls, conf: own, tp: 0 };
      }),
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
  return [model(0), model(loss)];
}

function draw(
  seed: number,
  images: number,
  classes: number,
  loss: number,
): [ImageStatistics[], ImageStatistics[]] {
  const random = mulberry32(seed);
  const pairs = Array.from({ length: images }, (_, number) => drawPair(random, classes, loss, number));
  return [pairs.map(([before]) => before), pairs.map(([, after]) => after)];
}

const truths = new Map<string, readonly number[]>();

/** The drop of each figure in the population; none where both models are drawn alike. */
function trueDrops(classes: number, loss: number): readonly number[] {
  const key = `${classes} ${loss}`;
  const known = truths.get(key) ?? (loss === 0 ? FIGURES.map(() => 0) : measured(classes, loss));
  truths.set(key, known);
  return known;
}

function measured(classes: number, loss: number): readonly number[] {
  const drops = Array.from({ length: POPULATION.times }, (_, time) => {
    const [before, after] = draw(time + 1, POPULATION.images, classes, loss).map((images) =>
      metricsOf(images, 'ultralytics'),
    );
    return FIGURES.map((figure) => before[figure] - after[figure]);
  });
  return FIGURES.map((_, i) => drops.reduce((sum, drop) => sum + drop[i], 0) / drops.length);
}

type Interval = Spread | { readonly low: number; readonly high: number };

/** The drops of each figure in resamples that were drawn with replacement. */
function withReplacement(plan: ResamplingPlan): readonly Float64Array[] {
  const random = mulberry32(plan.seed);
  const counters = [figureCounter(plan.before), figureCounter(plan.after)] as const;
  const drops = FIGURES.map(() => new Float64Array(plan.resamples));
  for (let start = 0; start < plan.resamples; start += LANES) {
    const lanes = Array.from({ length: LANES }, () => {
      const weights = new Uint16Array(plan.images);
      for (let i = 0; i < plan.images; i++) weights[Math.floor(random() * plan.images)]++;
      return weights;
    });
    const [before, after] = counters.map((count) => count(packLanes(lanes)));
    for (const [i, figure] of FIGURES.entries()) {
      for (const lane of lanes.keys())
        drops[i][start + lane] = before![lane].figures[figure]! - after![lane].figures[figure]!;
    }
  }
  return drops;
}

/**
 * The intervals that were compared; the first is the one in use, the others are of resamples with replacement, as in Efron and
 * Tibshirani 1993 (standard normal 13.2, percentile 13.3, basic 13.4, bias-corrected 14.3 without acceleration).
 */
function intervalsOf(
  halves: Float64Array,
  raw: Float64Array,
  plain: number,
): Readonly<Record<string, Interval>> {
  const sorted = raw.toSorted();
  const at = (share: number) => {
    const place = Math.max(0, Math.min(1, share)) * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (place - below);
  };
  const [low, high] = [at(0.025), at(0.975)];
  const below = raw.reduce((sum, drop) => sum + (drop < plain ? 1 : drop === plain ? 0.5 : 0), 0);
  const z = normalQuantile(Math.max(1, Math.min(raw.length - 1, below)) / raw.length);
  const corrected = (share: number) => at(1 - upperTail(2 * z + normalQuantile(share)));
  return {
    halves: spreadOf(about(plain, halves))!,
    normal: spreadOf(about(plain, raw))!,
    percentile: { low, high },
    basic: { low: 2 * plain - high, high: 2 * plain - low },
    BC: { low: corrected(0.025), high: corrected(0.975) },
  };
}

/** The drops moved so that their mean is the plain one. */
function about(plain: number, drops: Float64Array): Float64Array {
  const beside = drops.reduce((sum, drop) => sum + drop, 0) / drops.length - plain;
  return drops.map((drop) => drop - beside);
}

function normalQuantile(share: number): number {
  let [low, high] = [-8, 8];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (1 - upperTail(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * How often the interval in use holds the true drop of each figure. All are printed, and how often the one in use holds what data
 * sets of this size show on average: average precision is not the same for few labels and for many.
 */
function coverage(images: number, classes: number, loss: number): readonly number[] {
  const truth = trueDrops(classes, loss);
  const plain = FIGURES.map((): number[] => []);
  const found = FIGURES.map((): ReturnType<typeof intervalsOf>[] => []);
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const [before, after] = draw(1000 + repetition + 100_000 * images, images, classes, loss);
    const plan = planResampling(before, after, { family: 'ultralytics', figures: FIGURES });
    const counter = new DropCounter(plan);
    const once = counter.once();
    const halves = counter.resample(0, plan.resamples);
    const replaced = withReplacement(plan);
    for (const [i, figure] of FIGURES.entries()) {
      const drop = once.figures.get(figure)![0];
      plain[i].push(drop);
      found[i].push(intervalsOf(halves.figures.get(figure)!, replaced[i], drop));
    }
  }
  return FIGURES.map((figure, i) => {
    const share = (name: string, drop: number) =>
      found[i].filter((intervals) => intervals[name]!.low <= drop && drop <= intervals[name]!.high).length /
      REPETITIONS;
    const percent = (name: string, drop: number) => `${name} ${(100 * share(name, drop)).toFixed(1)} %`;
    const average = plain[i].reduce((sum, drop) => sum + drop, 0) / REPETITIONS;
    const cells = Object.keys(found[i][0]!).map((name) => percent(name, truth[i]));
    process.stderr.write(
      `${images} images, ${classes} classes, ${figure} falls by ${truth[i].toFixed(4)}: ${cells.join(', ')}; ` +
        `such sets show ${average.toFixed(4)} on average: ${percent('halves', average)}\n`,
    );
    return share('halves', truth[i]);
  });
}

const TIMEOUT = { timeout: 3_600_000 };

function holds(images: number, classes: number, loss: number): void {
  for (const [i, share] of coverage(images, classes, loss).entries()) {
    expect(share, FIGURES[i]).toBeGreaterThanOrEqual(0.92);
    expect(share, FIGURES[i]).toBeLessThanOrEqual(0.98);
  }
}

describe('the 95 % interval holds the true drop 92 to 98 times in 100', () => {
  test.each([46, 128, 500].flatMap((images) => [0, 0.02, 0.06].map((loss) => [images, loss] as const)))(
    '3 classes, %i images, loss %d',
    TIMEOUT,
    (images, loss) => holds(images, 3, loss),
  );

  test('40 classes, 128 images, loss 0.06', TIMEOUT, () => holds(128, 40, 0.06));
});

// With a handful of labels a class the plain drop itself is too small, which no interval from the same images can know.
describe('many classes on few images: held too seldom, as docs/report.md says', () => {
  test.fails('40 classes, 46 images, loss 0.06', TIMEOUT, () => holds(46, 40, 0.06));
});
