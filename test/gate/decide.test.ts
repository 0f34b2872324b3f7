import { describe, expect, test } from 'vitest';
import { decide, type Evidence, type Gate } from '../../src/gate/decide.ts';
import { figureAt, figureSource } from '../../src/gate/metric-names.ts';
import { holm } from '../../src/gate/per-class.ts';
import { NO_THRESHOLDS } from '../../src/gate/rules.ts';
import { parseThresholds } from '../../src/gate/thresholds.ts';
import type { Bootstrap } from '../../src/metrics/bootstrap.ts';
import type { Metrics } from '../../src/metrics/types.ts';

const COCO = {
  AP: 0,
  AP50: 0,
  AP75: 0,
  APs: -1,
  APm: 0,
  APl: 0,
  AR1: 0,
  AR10: 0,
  AR100: 0,
  ARs: -1,
  ARm: 0,
  ARl: 0,
};
const metrics = (mAP50_95: number, more: Partial<Metrics> = {}): Metrics => ({
  P: 0,
  R: 0,
  mAP50: 0,
  mAP75: 0,
  mAP50_95,
  perClass: [],
  coco: COCO,
  images: 1,
  labels: 1,
  detections: 1,
  ...more,
});
const RULE: Gate = {
  metric: 'mAP50-95',
  protocol: 'yolov5',
  family: 'yolov5',
  maxDrop: { value: 0.02, relative: false },
  minMetric: null,
  confidence: 'point',
  thresholds: NO_THRESHOLDS,
};

const NAMES = new Map([
  [0, 'cat'],
  [1, 'dog'],
]);

function judge(before: Metrics, after: Metrics, gate: Gate, more: Partial<Evidence> = {}) {
  const evidence: Evidence = {
    before,
    after,
    bootstrap: null,
    names: NAMES,
    inferenceMillisecondsBefore: 20,
    inferenceMillisecondsAfter: 21,
    gzipBytesAfter: 5_000_000,
    ...more,
  };
  return decide(evidence, gate);
}

/** Resamples of mAP50-95 whose 95 % interval goes from `low` to `high`. */
function resamples(low: number, high: number, perClass: Bootstrap['perClass'] = new Map()): Bootstrap {
  const count = 1000;
  const standardError = (high - low) / 2 / 1.959964;
  const beside = standardError * Math.sqrt((count - 1) / count);
  const drops = Float64Array.from(
    { length: count },
    (_, i) => (low + high) / 2 + (i % 2 === 0 ? beside : -beside),
  );
  return { resamples: count, images: 46, drops: new Map([['mAP50_95', drops]]), perClass };
}

test('a drop up to the threshold passes, a larger one fails with the figures', () => {
  expect(judge(metrics(0.5), metrics(0.48), RULE).pass).toBe(true);
  const verdict = judge(metrics(0.5), metrics(0.4799), RULE);
  expect(verdict.pass).toBe(false);
  expect(verdict.reasons).toEqual([
    'mAP50-95 (yolov5) fell by 0.0201, from 0.5000 to 0.4799: more than the 0.0200 that max-drop accepts.',
  ]);
});

test('an improvement never fails', () => {
  const verdict = judge(metrics(0.5), metrics(0.9), { ...RULE, maxDrop: { value: 0, relative: false } });
  expect([verdict.pass, verdict.drop]).toEqual([true, -0.4]);
});

test('a relative threshold is a share of the unpruned figure', () => {
  const rule = { ...RULE, maxDrop: { value: 0.1, relative: true } };
  expect(judge(metrics(0.5), metrics(0.451), rule)).toMatchObject({ pass: true, maxDrop: 0.05 });
  expect(judge(metrics(0.5), metrics(0.449), rule).reasons[0]).toContain('0.0500 (10 % of 0.5000)');
});

test('a floor is held against the pruned model alone', () => {
  const rule = { ...RULE, minMetric: 0.49 };
  expect(judge(metrics(0.5), metrics(0.49), rule).pass).toBe(true);
  expect(judge(metrics(0.5), metrics(0.485), rule).reasons).toEqual([
    'mAP50-95 (yolov5) of the pruned model is 0.4850: below min-metric 0.49.',
  ]);
});

test('an unpruned model without any score is no pass', () => {
  expect(judge(metrics(0), metrics(0), RULE).reasons[0]).toMatch(/no drop can be judged/);
});

test('the protocol decides which figure a metric name stands for', () => {
  const both = metrics(0.3, {
    P: 0.7,
    mAP50: 0.5,
    mAP75: 0.4,
    coco: { ...COCO, AP: 0.31, AP50: 0.51, AR100: 0.6 },
  });
  const figure = (metric: Gate['metric'], protocol: Gate['protocol']) => [
    figureAt(both, figureSource(metric, protocol, 'ultralytics')),
    figureSource(metric, protocol, 'ultralytics').protocol,
  ];
  expect(figure('mAP50-95', 'ultralytics')).toEqual([0.3, 'ultralytics']);
  expect(figure('mAP50-95', 'coco')).toEqual([0.31, 'coco']);
  expect(figure('mAP50', 'coco')).toEqual([0.51, 'coco']);
  expect(figure('mAP75', 'ultralytics')).toEqual([0.4, 'ultralytics']);
  expect(figure('AR100', 'ultralytics')).toEqual([0.6, 'coco']);
  expect(figure('P', 'coco')).toEqual([0.7, 'ultralytics']);
});

test('a figure that has no ground truth cannot be judged', () => {
  const verdict = judge(metrics(0.5), metrics(0.5), { ...RULE, metric: 'APs' });
  expect(verdict.pass).toBe(false);
  expect(verdict.reasons[0]).toMatch(
    /APs \(coco\) of the unpruned model is -1.0000, so no drop can be judged/,
  );
});

describe('confidence', () => {
  const drop = (low: number, high: number, confidence: Gate['confidence'], after = 0.47) =>
    judge(metrics(0.5), metrics(after), { ...RULE, confidence }, { bootstrap: resamples(low, high) });

  test.each([
    ['point', 0, 0.06, false],
    ['certain', 0, 0.06, true],
    ['certain', 0.025, 0.06, false],
    ['safe', 0, 0.06, false],
    ['safe', 0, 0.015, true],
  ] as const)('%s: a drop of 0.03 with an interval from %d to %d', (confidence, low, high, pass) => {
    expect(drop(low, high, confidence).pass).toBe(pass);
  });

  test('an improvement passes however unsure it is', () => {
    expect(drop(-0.1, 0.1, 'safe', 0.51).pass).toBe(true);
  });

  test('what is told of the drop', () => {
    const { certainty, warnings } = drop(0, 0.1, 'point');
    expect(certainty!.low).toBeCloseTo(0, 6);
    expect(certainty!.high).toBeCloseTo(0.1, 6);
    // Of a normal distribution 65.2 % lie above −0.01 ÷ 0.0255.
    expect(certainty!.probability).toBeCloseTo(0.652, 3);
    expect(certainty!.smallestDrop).toBeCloseTo(0.03, 6);
    expect(warnings).toEqual([
      expect.stringMatching(/^1 images cannot decide a drop of 0.02: .* 0.0000 to 0.1000/),
    ]);
    expect(drop(0.02, 0.03, 'point').warnings).toEqual([]);
  });

  test.each([
    ['wholly above', 0.03, 0.09],
    ['wholly below', -0.05, 0.02],
  ])('a wide interval %s the threshold decides', (_, low, high) => {
    expect(drop(low, high, 'point').warnings).toEqual([]);
  });
});

describe('thresholds', () => {
  const gate = (text: string): Gate => ({ ...RULE, thresholds: parseThresholds(text) });

  test('every rule is told, and the failing ones the worst first', () => {
    const rules = gate('mAP50: { max-drop: 10%, min: 0.3 }\nmax-slower: 10%\nmax-bytes: 2 MB');
    const verdict = judge(metrics(0.5, { mAP50: 0.6 }), metrics(0.475, { mAP50: 0.5 }), rules);
    expect(verdict.rules.map(({ rule, pass }) => [rule, pass])).toEqual([
      ['max-drop', false],
      ['thresholds: mAP50: max-drop', false],
      ['thresholds: mAP50: min', true],
      ['thresholds: max-slower', true],
      ['thresholds: max-bytes', false],
    ]);
    expect(verdict.reasons.map((reason) => /mAP50-95|mAP50|gzipped/.exec(reason)?.[0])).toEqual([
      'gzipped',
      'mAP50',
      'mAP50-95',
    ]);
  });

  test('a rule for the deciding metric stands in for the plain inputs', () => {
    expect(judge(metrics(0.5), metrics(0.45), gate('mAP50-95: { max-drop: 0.1 }'))).toMatchObject({
      pass: true,
      maxDrop: 0.1,
    });
  });

  test('a slower model and a floor fail with their figures', () => {
    const slow = judge(metrics(0.5), metrics(0.5), gate('max-slower: 4%'));
    expect(slow.reasons).toEqual([
      'An image takes 21.0 ms after 20.0 ms before (median): more than the 20.8 ms that max-slower 4 % accepts.',
    ]);
    const low = judge(metrics(0.5, { R: 0.4 }), metrics(0.5, { R: 0.4 }), gate('R: { min: 0.5 }'));
    expect(low.reasons).toEqual(['R (yolov5) of the pruned model is 0.4000: below R: min 0.5.']);
  });

  test('classes are held against a limit that stands for all of them', () => {
    const row = (id: number, AP50_95: number) => ({
      id,
      labels: 30,
      images: 9,
      P: 0,
      R: 0,
      AP50: 0,
      AP75: 0,
      AP50_95,
    });
    const classes = (cat: number, dog: number) => metrics(0.5, { perClass: [row(0, cat), row(1, dog)] });
    const spread = (width: number) => Float64Array.from({ length: 101 }, (_, i) => (width * (i - 50)) / 50);
    const perClass = new Map([
      [0, spread(0.01)],
      [1, spread(0.4)],
    ]);
    const evidence = { bootstrap: resamples(0, 0.01, perClass) };
    const rule = 'per-class: { max-drop: 0.05, min-labels: 20 }';
    const verdict = judge(classes(0.5, 0.5), classes(0.4, 0.4), gate(rule), evidence);
    expect(verdict.reasons).toEqual([
      expect.stringMatching(/^mAP50-95 of class cat \(30 labels\) fell by 0.1000/),
    ]);
    expect(verdict.rules.at(-1)!.says).toMatch(/of 2 classes this one may be chance/);
    const rare = metrics(0.5, { perClass: [{ ...row(0, 0.5), images: 4 }] });
    const gone = metrics(0.5, { perClass: [row(0, 0)] });
    expect(judge(rare, gone, gate(rule), evidence)).toMatchObject({
      pass: true,
      rules: [{}, { says: expect.stringMatching(/fewer than 5 images cannot show it/) }],
    });
    const few = gate('per-class: { max-drop: 0.05, min-labels: 31 }');
    expect(judge(classes(0.5, 0.5), classes(0.4, 0.4), few, evidence).rules).toHaveLength(1);
    const safe = { ...gate(rule), confidence: 'safe' as const };
    expect(judge(classes(0.5, 0.5), classes(0.49, 0.49), safe, evidence).reasons).toEqual([
      expect.stringMatching(/class dog/),
    ]);
  });
});

test('Holm holds the smallest p-value against all, the next against one less', () => {
  expect(holm([0.04, 0.01, 0.03])).toEqual([false, true, false]);
  expect(holm([0.01, 0.02, 0.03])).toEqual([true, true, true]);
  expect(holm([0.02])).toEqual([true]);
  expect(holm([0.06])).toEqual([false]);
});

describe('the block of rules', () => {
  test('every kind', () => {
    expect(
      parseThresholds('AP50: { max-drop: 0.01 }\nper-class: { max-drop: 5% }\nmax-bytes: 1.5 MiB'),
    ).toEqual({
      metrics: [{ metric: 'AP50', maxDrop: { value: 0.01, relative: false }, min: null }],
      perClass: { maxDrop: { value: 0.05, relative: true }, minLabels: 1 },
      maxSlower: null,
      maxBytes: 1.5 * 2 ** 20,
    });
  });

  test.each([
    ['map50: { max-drop: 1 }', /a block with the keys/],
    ['mAP50: { max_drop: 0.1 }', /a map under mAP50 with the keys max-drop, min/],
    ['mAP50: 0.1', /a map under mAP50/],
    ['mAP50: { max-drop: 7 }', /from 0 to 1 at mAP50: max-drop/],
    ['max-bytes: many', /a size at max-bytes/],
    ['per-class: { min-labels: 3 }', /at per-class: max-drop/],
    ['- a', /a YAML block of rules/],
    ['{', /does not parse/],
  ])('%s is refused', (text, message) => {
    expect(() => parseThresholds(text)).toThrow(message);
  });
});
