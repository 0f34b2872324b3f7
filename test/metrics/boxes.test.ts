import { describe, expect, test } from 'vitest';
import { groundTruthBoxes, jsonBoxes, jsonScores, labelBoxes, nativeBoxes } from '../../src/metrics/boxes.ts';
import { COCO_THRESHOLDS, FAMILY_THRESHOLDS } from '../../src/metrics/iou.ts';
import type { Family } from '../../src/protocol.ts';
import type { Geometry, Sample } from '../../src/validate/types.ts';
import { EXPECTED } from './expected.ts';
import { drawSet } from './random-sets.ts';

const FOUR = 4;

/** The image that make.py stores boxes of, with its first four labels and detections. */
function storedSample(seed: number, family: Family, path: string): Sample {
  const sample = drawSet(seed, family).samples.find((candidate) => candidate.path === path)!;
  const { labels, detections } = sample;
  return {
    ...sample,
    labels: { ...labels, count: Math.min(FOUR, labels.count) },
    detections: { ...detections, count: Math.min(FOUR, detections.count) },
  };
}

describe.each(['yolov5', 'ultralytics'] as const)(
  '%s boxes equal the reference to the last bit',
  (family) => {
    test.each(EXPECTED.boxes.map((vector) => ({ seed: vector.seed, ...vector[family] })))(
      'set $seed',
      ({ seed, path, labels, json }) => {
        const sample = storedSample(seed, family, path);
        const { geometry, detections } = sample;
        expect(Array.from(labelBoxes(sample.labels, geometry, family))).toEqual(labels);
        const ltwh = jsonBoxes(nativeBoxes(detections, geometry, family));
        const scores = jsonScores(detections.conf);
        const rows = Array.from({ length: detections.count }, (_, d) => [
          ...ltwh.subarray(4 * d, 4 * d + 4),
          scores[d] / 1e5,
        ]);
        expect(rows.flat()).toEqual(json);
      },
    );
  },
);

test('thresholds are the references’ own, float32 and double', () => {
  expect([...Array.from(FAMILY_THRESHOLDS), ...Array.from(COCO_THRESHOLDS)]).toEqual(EXPECTED.iouThresholds);
});

test('decimals are rounded half to even, as Python rounds', () => {
  // All lie exactly between two numbers of three (five) decimals.
  const native = Float32Array.of(0.0625, 0.1875, 0.125, 0.5);
  expect(Array.from(jsonBoxes(native))).toEqual([0.062, 0.188, 0.062, 0.312]);
  expect(Array.from(jsonScores(Float32Array.of(2 ** -6, 3 * 2 ** -6)))).toEqual([1562, 4688]);
});

test('ground truth has the numbers of the label file, not their float32 neighbours', () => {
  const geometry = { nativeWidth: 640, nativeHeight: 480 } as Geometry;
  const labels = { count: 1, cls: Int32Array.of(0), xywhn: Float32Array.of(0.1, 0.25, 0.05, 0.2) };
  expect(Array.from(groundTruthBoxes(labels, geometry))).toEqual([48, 72, 32, 96]);
});

test('the letterbox may shrink what the loader enlarged, and by the same gain in both axes', () => {
  // A square picture in a wide input: loaded at 640 × 640, laid into 640 × 320.
  const geometry: Geometry = {
    nativeWidth: 80,
    nativeHeight: 80,
    loadedWidth: 640,
    loadedHeight: 640,
    ratio: 0.5,
    padX: 160,
    padY: 0,
    left: 160,
    top: 0,
    width: 640,
    height: 320,
  };
  const labels = { count: 1, cls: Int32Array.of(0), xywhn: Float32Array.of(0.5, 0.5, 0.5, 0.25) };
  const xyxy = labelBoxes(labels, geometry, 'ultralytics');
  expect(Array.from(xyxy)).toEqual([240, 120, 400, 200]);
  const detections = { count: 1, xyxy, conf: Float32Array.of(1), cls: Int32Array.of(0) };
  expect(Array.from(nativeBoxes(detections, geometry, 'ultralytics'))).toEqual([20, 30, 60, 50]);
});
