import { expect, test } from 'vitest';
import { decide, figureOf, type GateRule } from '../src/gate.ts';
import type { Metrics } from '../src/metrics/types.ts';

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
const RULE: GateRule = {
  metric: 'mAP50-95',
  protocol: 'yolov5',
  family: 'yolov5',
  maxDrop: { value: 0.02, relative: false },
  minMetric: null,
};

test('a drop up to the threshold passes, a larger one fails with the figures', () => {
  expect(decide(metrics(0.5), metrics(0.48), RULE).pass).toBe(true);
  const verdict = decide(metrics(0.5), metrics(0.4799), RULE);
  expect(verdict.pass).toBe(false);
  expect(verdict.reasons).toEqual([
    'mAP50-95 (yolov5) fell by 0.0201, from 0.5000 to 0.4799: more than the 0.0200 that max-drop accepts.',
  ]);
});

test('an improvement never fails', () => {
  const verdict = decide(metrics(0.5), metrics(0.9), { ...RULE, maxDrop: { value: 0, relative: false } });
  expect([verdict.pass, verdict.drop]).toEqual([true, -0.4]);
});

test('a relative threshold is a share of the unpruned figure', () => {
  const rule = { ...RULE, maxDrop: { value: 0.1, relative: true } };
  expect(decide(metrics(0.5), metrics(0.451), rule)).toMatchObject({ pass: true, maxDrop: 0.05 });
  expect(decide(metrics(0.5), metrics(0.449), rule).reasons[0]).toContain('0.0500 (10 % of 0.5000)');
});

test('a floor is held against the pruned model alone', () => {
  const rule = { ...RULE, minMetric: 0.49 };
  expect(decide(metrics(0.5), metrics(0.49), rule).pass).toBe(true);
  expect(decide(metrics(0.5), metrics(0.485), rule).reasons).toEqual([
    'mAP50-95 (yolov5) of the pruned model is 0.4850: below min-metric 0.49.',
  ]);
});

test('an unpruned model without any score is no pass', () => {
  expect(decide(metrics(0), metrics(0), RULE).reasons[0]).toMatch(/no drop can be judged/);
});

test('the protocol decides which figure a metric name stands for', () => {
  const both = metrics(0.3, {
    P: 0.7,
    mAP50: 0.5,
    mAP75: 0.4,
    coco: { ...COCO, AP: 0.31, AP50: 0.51, AR100: 0.6 },
  });
  const figure = (metric: GateRule['metric'], protocol: GateRule['protocol']) =>
    Object.values(figureOf(both, metric, protocol, 'ultralytics'));
  expect(figure('mAP50-95', 'ultralytics')).toEqual([0.3, 'ultralytics']);
  expect(figure('mAP50-95', 'coco')).toEqual([0.31, 'coco']);
  expect(figure('mAP50', 'coco')).toEqual([0.51, 'coco']);
  expect(figure('mAP75', 'ultralytics')).toEqual([0.4, 'ultralytics']);
  expect(figure('AR100', 'ultralytics')).toEqual([0.6, 'coco']);
  expect(figure('P', 'coco')).toEqual([0.7, 'ultralytics']);
});

test('a figure that has no ground truth cannot be judged', () => {
  const verdict = decide(metrics(0.5), metrics(0.5), { ...RULE, metric: 'APs' });
  expect(verdict.pass).toBe(false);
  expect(verdict.reasons[0]).toMatch(
    /APs \(coco\) of the unpruned model is -1.0000, so no drop can be judged/,
  );
});
