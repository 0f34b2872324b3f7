import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset, LabeledImage } from '../../src/dataset/types.ts';
import { type Log, silent } from '../../src/log.ts';
import type { Metrics } from '../../src/metrics/types.ts';
import { readModelFile } from '../../src/onnx/model-file.ts';
import { DETECTION_DEFAULTS } from '../../src/protocol.ts';
import { loadNativeParts } from '../../src/runtime/load.ts';
import { type DetectPool, loadModel, startDetectPool } from '../../src/validate/detect.ts';
import { describeDetector } from '../../src/validate/detector.ts';
import type { Sample } from '../../src/validate/types.ts';
import type { DetectionPlan } from '../../src/validate/worker.ts';
import { type ValidatedModel, validateModels } from '../../src/validation.ts';

const NAMES = new Map([
  [0, 'class 0'],
  [1, 'class 1'],
  [2, 'class 2'],
]);
const WORKERS = [1, 2, 5];
const NO_LABELS = { count: 0, cls: new Int32Array(0), xywhn: new Float32Array(0) };
const { sharp } = loadNativeParts(import.meta.filename);

interface Loaded {
  readonly pool: DetectPool;
  readonly plan: DetectionPlan;
}

const pools: DetectPool[] = [];

async function load(name: string, workers: number): Promise<Loaded> {
  const path = fileURLToPath(new URL(`../fixtures/models/${name}.onnx`, import.meta.url));
  const pool = startDetectPool(import.meta.filename, { workers, threadsPerWorker: 1 }, 'cpu');
  pools.push(pool);
  const { metadata } = await readModelFile(path);
  const detector = describeDetector(
    { ...(await loadModel(pool, path)), metadata },
    { imgsz: null, protocol: 'auto', datasetNames: NAMES, datasetNc: NAMES.size },
  );
  return { pool, plan: { detector, options: DETECTION_DEFAULTS[detector.family] } };
}

const datasetOf = (images: readonly LabeledImage[]): Dataset => ({
  yaml: 'data.yaml',
  split: 'val',
  names: NAMES,
  images,
  labelCount: images.reduce((sum, { labels }) => sum + labels.count, 0),
  warnings: [],
});

/** All that a report is made of, but the times. */
async function figuresOf({ pool, plan }: Loaded, images: readonly LabeledImage[]) {
  const { models } = await validateModels(pool, plan, datasetOf(images), 1, false, silent);
  const [{ metrics, statistics, curves, confusion }] = models as [ValidatedModel];
  return { metrics, statistics, curves, confusion };
}

let folder: string;
let paths: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'validation-'));
  paths = await Promise.all(Array.from({ length: 9 }, (_, index) => drawPicture(index)));
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  await rm(folder, { recursive: true });
});

/** A picture of its own size and pattern. */
async function drawPicture(index: number): Promise<string> {
  const [width, height] = [40 + 17 * index, 120 - 9 * index];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return ((x >> (index % 4)) * (y >> 2) + 40 * channel + 23 * index) % 256;
  });
  const path = join(folder, `${index}.png`);
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}

/** The pictures with labels near some of the model's own detections, so that figures lie between 0 and 1. */
async function labelled({ pool, plan }: Loaded): Promise<readonly LabeledImage[]> {
  const bare = paths.map((path) => ({ path, labels: NO_LABELS }));
  const { models } = await validateModels(pool, plan, datasetOf(bare), 1, true, silent);
  return models[0]!.samples.map((sample, index) => labelsFrom(sample, index % 4));
}

function labelsFrom({ path, geometry, detections }: Sample, most: number): LabeledImage {
  const { left, top, loadedWidth, loadedHeight } = geometry;
  const isInside = (at: number) => {
    const [x1, y1, x2, y2] = detections.xyxy.subarray(4 * at, 4 * at + 4);
    return x1! >= left && y1! >= top && x2! <= left + loadedWidth && y2! <= top + loadedHeight;
  };
  const chosen = [...detections.cls.keys()].filter(isInside).slice(0, most);
  const xywhn = chosen.flatMap((at) => {
    const [x1, y1, x2, y2] = detections.xyxy.subarray(4 * at, 4 * at + 4);
    const shift = at % 4;
    return [
      ((x1! + x2! + shift) / 2 - left) / loadedWidth,
      ((y1! + y2! - shift) / 2 - top) / loadedHeight,
      (x2! - x1!) / loadedWidth,
      (y2! - y1!) / loadedHeight,
    ];
  });
  const cls = Int32Array.from(chosen, (at) => detections.cls[at]!);
  return { path, labels: { count: chosen.length, cls, xywhn: Float32Array.from(xywhn) } };
}

describe.each(['yolov5', 'end2end'])('%s', (name) => {
  test('the order of the images and the number of workers change nothing', async () => {
    const loaded = await Promise.all(WORKERS.map((workers) => load(name, workers)));
    const images = await labelled(loaded[0]!);
    const expected = await figuresOf(loaded[0]!, images);
    const { mAP50_95, coco }: Metrics = expected.metrics;
    for (const figure of [mAP50_95, coco.AP]) {
      expect(figure).toBeGreaterThan(0.01);
      expect(figure).toBeLessThan(0.95);
    }
    const shuffled = fc.shuffledSubarray([...images], {
      minLength: images.length,
      maxLength: images.length,
    });
    await fc.assert(
      fc.asyncProperty(shuffled, fc.constantFrom(...loaded), async (other, pool) => {
        expect(await figuresOf(pool, other)).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  });
});

test.each([
  ['yolov5', 'yolov5-batch-4'],
  ['yolov5', 'yolov5-float-data'],
  ['anchor-free', 'anchor-free-constants'],
])('%s and %s, the same weights, have the same figures', async (one, other) => {
  const first = await load(one, 1);
  const images = await labelled(first);
  expect(await figuresOf(await load(other, 2), images)).toEqual(await figuresOf(first, images));
});

test('annotations of pictures of another size are told about', async () => {
  const { pool, plan } = await load('yolov5', 1);
  const truth = {
    imageId: 1,
    cls: new Int32Array(0),
    ltwh: new Float64Array(0),
    area: new Float64Array(0),
    crowd: new Uint8Array(0),
  };
  // The first picture has 40×120 pixels, the second 57×111.
  const images = paths.slice(0, 2).map((path) => ({
    path,
    labels: { ...NO_LABELS, coco: { ...truth, width: 40, height: 120 } },
  }));
  const warnings: string[] = [];
  const log: Log = { ...silent, warning: (line) => warnings.push(line) };
  await validateModels(pool, plan, datasetOf(images), 1, false, log);
  expect(warnings).toEqual([
    expect.stringMatching(/^1 images have another size than the annotations say, first .*1\.png: /),
  ]);
});
