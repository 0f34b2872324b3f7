import type { Report, ReportedMetrics } from '../../src/report/report.ts';

const COCO = {
  AP: 0.4,
  AP50: 0.6,
  AP75: 0.4,
  APs: -1,
  APm: 0.3,
  APl: 0.5,
  AR1: 0.3,
  AR10: 0.5,
  AR100: 0.6,
  ARs: -1,
  ARm: 0.5,
  ARl: 0.7,
};

function metrics(mAP50_95: number, className: string): ReportedMetrics {
  const row = { labels: 7, P: 0.5, R: 0.5, AP50: 0.6 };
  return {
    P: 0.7,
    R: 0.6,
    mAP50: 0.65,
    mAP75: 0.4,
    mAP50_95,
    detections: 300,
    coco: COCO,
    perClass: [
      { ...row, id: 0, name: className, AP50_95: mAP50_95 },
      { ...row, id: 3, name: 'steady', AP50_95: 0.5 },
    ],
  };
}

const LINE = Array.from({ length: 101 }, (_, i) => 1 - i / 100);
const CURVES = {
  best: 0.25,
  mean: { P: LINE, R: LINE, F1: LINE, PR: LINE },
  perClass: [{ id: 0, PR: LINE }],
};

interface Sample {
  readonly pass?: boolean;
  readonly replaced?: boolean;
  readonly className?: string;
  readonly path?: string;
  readonly picturePath?: string;
}

/** A report as a run makes it. */
export function reportOf({
  pass = true,
  replaced = pass,
  className = 'cat',
  path = 'runs/best.onnx',
  picturePath = '/images/one.jpg',
}: Sample = {}): Report {
  const after = pass ? 0.5 : 0.3;
  return {
    schema: 1,
    verdict: {
      pass,
      metric: 'mAP50-95',
      before: 0.5123,
      after,
      drop: 0.5123 - after,
      maxDrop: 0.02,
      minMetric: null,
      confidence: 'point',
      certainty: {
        low: 0.5123 - after - 0.01,
        high: 0.5123 - after + 0.01,
        probability: pass ? 0.2 : 1,
        smallestDrop: 0.01,
      },
      rules: [],
      warnings: [],
      reasons: pass
        ? []
        : [
            'mAP50-95 (yolov5) fell by 0.2123, from 0.5123 to 0.3000: more than the 0.0200 that max-drop accepts.',
          ],
    },
    model: {
      path,
      backup: 'runs/best.unpruned.onnx',
      output: path,
      replaced,
      compressed: null,
      parts: [],
      sha256Before: 'a'.repeat(64),
      sha256After: 'b'.repeat(64),
      bytes: 7_921_435,
      gzipBytesBefore: 6_900_000,
      gzipBytesAfter: 5_400_000,
      zstdBytesBefore: 6_800_000,
      zstdBytesAfter: 5_200_000,
    },
    prune: {
      method: 'l1',
      amount: 0.3,
      sparsity: 0.3,
      weights: 1000,
      zeros: 300,
      layers: [
        {
          ...{ name: 'model.0.conv.weight', shape: [10, 100, 1, 1], weights: 1000, zeros: 300 },
          ...{ energyLost: 0.0123, outputError: null },
        },
      ],
      excluded: [],
    },
    search: null,
    validation: {
      protocol: 'yolov5',
      decidedBy: 'yolov5',
      dataDigest: 'c'.repeat(64),
      split: 'val',
      imgsz: [640, 640],
      rect: false,
      images: 46,
      labels: 449,
      conf: 0.001,
      iou: 0.6,
      maxDet: 300,
      device: 'cpu',
      deviceReason: 'device is cpu',
      runtime: 'onnxruntime-node 1.30.0',
      unreadable: [],
      warnings: [],
      before: metrics(0.5123, className),
      after: metrics(after, className),
    },
    baseline: null,
    details: {
      bootstrap: {
        resamples: 1000,
        level: 0.95,
        figures: { mAP50_95: { low: 0.5123 - after - 0.01, high: 0.5123 - after + 0.01 } },
        perClass: [{ id: 0, low: -0.01, high: 0.3 }],
        histogram: { low: 0.5123 - after - 0.02, high: 0.5123 - after + 0.02, counts: [10, 480, 500, 10] },
      },
      curves: { before: CURVES, after: CURVES },
      confusion: {
        before: {
          classes: 80,
          cells: [
            [0, 0, 6],
            [80, 0, 1],
            [3, 80, 2],
          ],
        },
        after: {
          classes: 80,
          cells: [
            [0, 0, 2],
            [80, 0, 5],
          ],
        },
      },
      pictures: [
        {
          path: picturePath,
          file: 'pictures/01.jpg',
          width: 64,
          height: 48,
          loss: 0.9,
          conf: 0.2,
          labels: [{ id: 0, box: [4, 4, 30, 30], foundBefore: true, foundAfter: false }],
          before: [{ id: 0, conf: 0.9, box: [5, 5, 30, 30], hit: true }],
          after: [{ id: 3, conf: 0.3, box: [40, 4, 60, 20], hit: false }],
        },
      ],
    },
    timing: {
      totalSeconds: 4,
      pruneSeconds: 0.1,
      validateSeconds: 3,
      imagesPerSecond: 15,
      inferenceMillisecondsBefore: 36.5,
      inferenceMillisecondsAfter: 36.4,
      unprunedRemembered: false,
    },
  };
}
