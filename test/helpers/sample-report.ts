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

interface Sample {
  readonly pass?: boolean;
  readonly replaced?: boolean;
  readonly className?: string;
  readonly path?: string;
}

/** A report as a run makes it. */
export function reportOf({
  pass = true,
  replaced = pass,
  className = 'cat',
  path = 'runs/best.onnx',
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
      sha256Before: 'a'.repeat(64),
      sha256After: 'b'.repeat(64),
      bytes: 7_921_435,
      gzipBytesBefore: 6_900_000,
      gzipBytesAfter: 5_400_000,
    },
    prune: {
      method: 'l1',
      amount: 0.3,
      sparsity: 0.3,
      weights: 1000,
      zeros: 300,
      layers: [{ name: 'model.0.conv.weight', shape: [10, 100, 1, 1], weights: 1000, zeros: 300 }],
      excluded: [],
    },
    validation: {
      protocol: 'yolov5',
      decidedBy: 'yolov5',
      split: 'val',
      imgsz: [640, 640],
      images: 46,
      labels: 449,
      conf: 0.001,
      iou: 0.6,
      maxDet: 300,
      device: 'cpu',
      runtime: 'onnxruntime-node 1.30.0',
      unreadable: [],
      warnings: [],
      before: metrics(0.5123, className),
      after: metrics(after, className),
    },
    timing: {
      totalSeconds: 4,
      pruneSeconds: 0.1,
      validateSeconds: 3,
      imagesPerSecond: 15,
      inferenceMillisecondsBefore: 36.5,
      inferenceMillisecondsAfter: 36.4,
    },
  };
}
