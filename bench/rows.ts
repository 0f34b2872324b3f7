import { measureAction, measureGrowth, measurePeers, measureRemembered } from './action.ts';
import { againstFloor } from './against-floor.ts';
import { measureLetterbox } from './letterbox.ts';
import { measureMetrics } from './metrics.ts';
import { measurePruning } from './prune.ts';
import type { Row } from './types.ts';

/** Every line of the table, in its order. What is measured together stands under one name before the dot. */
export const ROWS: readonly Row[] = [
  {
    name: 'pipeline.yolov5n',
    what: 'pipeline, one model, ms an image ÷ floor, yolov5n on coco-mini ×5',
    must: 1.15,
    aim: 1.06,
    better: 'lower',
    measure: (context) => againstFloor(context, 'yolov5n', 1),
  },
  {
    name: 'pipeline.yolov8n',
    what: 'the same, yolov8n',
    must: 1.08,
    aim: 1.03,
    better: 'lower',
    measure: (context) => againstFloor(context, 'yolov8n', 1),
  },
  {
    name: 'pipeline.two',
    what: 'pipeline, two models sharing decode, ÷ 2 × floor, yolov5n',
    must: 1.1,
    aim: 1.04,
    better: 'lower',
    measure: (context) => againstFloor(context, 'yolov5n', 2),
  },
  {
    name: 'action.time',
    what: 'whole action, start to exit, coco-mini ×5, two models, in seconds',
    must: null,
    aim: null,
    better: 'lower',
    measure: measureAction,
  },
  {
    name: 'action.remembered',
    what: 'the same with the unpruned model remembered ÷ without',
    must: 0.6,
    aim: 0.53,
    better: 'lower',
    measure: measureRemembered,
  },
  {
    name: 'action.peers',
    what: '`yolo val` on the same ONNX, whole process twice ÷ whole action, coco-mini',
    must: 4,
    aim: 8,
    better: 'higher',
    measure: measurePeers,
  },
  {
    name: 'growth.memory',
    what: 'peak memory at 2,000 images ÷ at 200',
    must: 1.1,
    aim: 1.02,
    better: 'lower',
    measure: (context) => measureGrowth(context, 'memory'),
  },
  {
    name: 'growth.time',
    what: 'wall time at 2,000 images ÷ at 200',
    must: 10.3,
    aim: 10,
    better: 'lower',
    measure: (context) => measureGrowth(context, 'time'),
  },
  {
    name: 'metrics.time',
    what: "family's and COCO's metrics for 5,000 images × 300 detections × 80 classes, matching included, in seconds",
    must: 1.5,
    aim: 0.4,
    better: 'lower',
    measure: (context) => measureMetrics(context, 'time'),
  },
  {
    name: 'metrics.peer',
    what: 'the same ÷ faster-coco-eval (COCO alone)',
    must: 1,
    aim: null,
    better: 'lower',
    measure: (context) => measureMetrics(context, 'peer'),
  },
  {
    name: 'prune.time',
    what: 'prune a 500 MB model: wall ÷ time to copy and hash the file',
    must: 3,
    aim: 1.5,
    better: 'lower',
    measure: (context) => measurePruning(context, 'time'),
  },
  {
    name: 'prune.memory',
    what: 'prune a 500 MB model: peak memory ÷ file size',
    must: 1.3,
    aim: 1.1,
    better: 'lower',
    measure: (context) => measurePruning(context, 'memory'),
  },
  {
    name: 'letterbox',
    what: 'letterbox of a 12-megapixel photograph, decode included, ÷ imread + resize of OpenCV',
    must: 1.6,
    aim: 1.1,
    better: 'lower',
    measure: measureLetterbox,
  },
];
