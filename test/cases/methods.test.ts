import { mkdtempSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { readDataYaml } from '../../src/dataset/data-yaml.ts';
import { loadDataset } from '../../src/dataset/dataset.ts';
import { createEvaluator } from '../../src/metrics/evaluator.ts';
import { readModelFile } from '../../src/onnx/model-file.ts';
import { detectionOptions } from '../../src/protocol.ts';
import type { MethodName } from '../../src/prune/methods.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import { startReconstructPool } from '../../src/prune/reconstruct/pool.ts';
import { Reconstruction } from '../../src/prune/reconstruct/reconstruct.ts';
import { ScratchFolder } from '../../src/scratch.ts';
import { arrange, detectAll, loadModel, startDetectPool } from '../../src/validate/detect.ts';
import { describeDetector } from '../../src/validate/detector.ts';
import { casePath, describeCases } from './shared.ts';

interface MethodCase {
  readonly model: 'yolov5n' | 'yolov8n' | 'yolo26n' | 'tips';
  readonly method: MethodName;
  readonly amount: number;
  /** Least share of the unpruned model's mAP50-95 that must be left. */
  readonly kept: number;
}

/** What the methods must keep; `METHODS_ALL=1` runs all rows, not only those that take a few minutes. */
const QUICK: readonly MethodCase[] = [
  { model: 'yolov5n', method: 'global', amount: 0.3, kept: 0.75 },
  { model: 'yolov5n', method: 'lamp', amount: 0.3, kept: 0.8 },
  { model: 'yolov5n', method: 'reconstruct', amount: 0.5, kept: 0.81 },
  { model: 'tips', method: 'reconstruct', amount: 0.3, kept: 0.93 },
];
const SLOW: readonly MethodCase[] = [
  { model: 'yolov5n', method: 'reconstruct', amount: 0.3, kept: 0.94 },
  { model: 'yolov5n', method: 'reconstruct', amount: 0.6, kept: 0.66 },
  { model: 'yolov5n', method: 'reconstruct-2:4', amount: 0.5, kept: 0.05 / 0.348 },
  { model: 'yolov8n', method: 'reconstruct', amount: 0.3, kept: 0.98 },
  { model: 'yolov8n', method: 'reconstruct', amount: 0.5, kept: 0.9 },
  { model: 'yolo26n', method: 'reconstruct', amount: 0.3, kept: 0.89 },
  { model: 'yolo26n', method: 'reconstruct', amount: 0.5, kept: 0.71 },
  { model: 'tips', method: 'reconstruct', amount: 0.5, kept: 0.76 },
];
const CASES = process.env.METHODS_ALL ? [...QUICK, ...SLOW] : QUICK;

const NATIVE_BASE = fileURLToPath(new URL('../../package.json', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'methods-'));
const scratch = new ScratchFolder(new AbortController().signal);
const table: string[] = [];

async function prepare(name: MethodCase['model']) {
  const path = casePath('models', `${name}.onnx`);
  const yaml = casePath('data', name === 'tips' ? 'tips' : 'coco-mini', 'data.yaml');
  const images = casePath(
    'data',
    ...(name === 'tips' ? ['tips', 'train', 'images'] : ['calibration', 'images']),
  );
  const model = await readModelFile(path);
  const { names } = await readDataYaml(yaml);
  const pool = startDetectPool(NATIVE_BASE, arrange(0), 'cpu');
  const tensors = await loadModel(pool, path);
  const detector = describeDetector(
    { ...tensors, metadata: model.metadata },
    { imgsz: null, protocol: 'auto', datasetNames: names, datasetNc: Math.max(...names.keys()) + 1 },
  );
  const dataset = await loadDataset(yaml, { split: 'val', family: detector.family, nc: detector.nc });
  const calibration = (await readdir(images)).sort().map((file) => join(images, file));
  return { model, detector, dataset, pool, calibration: { detector, images: calibration, seed: 0, scratch } };
}

async function figures(
  { model, detector, dataset, pool, calibration }: Awaited<ReturnType<typeof prepare>>,
  item: MethodCase,
) {
  const options = { method: item.method, amount: item.amount, exclude: [] };
  const workers = startReconstructPool(NATIVE_BASE, arrange(0).workers);
  const started = process.cpuUsage();
  const pruned = item.method.startsWith('reconstruct')
    ? await new Reconstruction(workers, model, options, calibration).prune(item.amount)
    : pruneModel(model, options);
  const { user } = process.cpuUsage(started);
  await workers.close();
  const path = join(folder, 'pruned.onnx');
  await writeFile(path, pruned.bytes);
  await loadModel(pool, path);
  const { family, nc } = detector;
  const evaluators = [0, 1].map(() => createEvaluator({ family, nc }));
  const none = { conf: null, iou: null, maxDet: null };
  const most = Math.max(...dataset.images.map(({ labels }) => labels.count));
  const plan = { detector, options: detectionOptions(family, none, most) };
  for await (const detected of detectAll(pool, plan, dataset.images)) {
    if ('unreadable' in detected) continue;
    for (const [i, sample] of detected.samples.entries()) evaluators[i]!.add(sample);
  }
  await pool.close();
  const [before, after] = evaluators.map((evaluator) => evaluator.finish().mAP50_95) as [number, number];
  return { before, after, sparsity: pruned.sparsity, cpuSeconds: user / 1e6 };
}

describeCases('what the methods keep', () => {
  it.each(CASES)('$model, $method at $amount', async (item) => {
    const { before, after, sparsity, cpuSeconds } = await figures(await prepare(item.model), item);
    table.push(
      [
        item.model.padEnd(8),
        item.method.padEnd(16),
        `${(100 * sparsity).toFixed(1)} %`.padStart(7),
        `${before.toFixed(3)} → ${after.toFixed(3)}`,
        `kept ${((100 * after) / before).toFixed(1)} % (must ${(100 * item.kept).toFixed(0)} %)`,
        `${cpuSeconds.toFixed(0)} s of CPU`,
      ].join('  '),
    );
    expect(after / before).toBeGreaterThanOrEqual(item.kept);
  });

  afterAll(() => {
    scratch.remove();
    console.error(['mAP50-95 kept:', ...table].join('\n'));
  });
});
