import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mulberry32 } from '../../../src/calibrate/random.ts';
import { findConvWeights } from '../../../src/onnx/conv-weights.ts';
import { parseModel, readModelFile } from '../../../src/onnx/model-file.ts';
import { readValues } from '../../../src/onnx/stored-tensor.ts';
import { startReconstructPool } from '../../../src/prune/reconstruct/pool.ts';
import { Reconstruction } from '../../../src/prune/reconstruct/reconstruct.ts';
import { loadNativeParts } from '../../../src/runtime/load.ts';
import { ScratchFolder } from '../../../src/scratch.ts';
import { loadModel, startDetectPool } from '../../../src/validate/detect.ts';
import { describeDetector } from '../../../src/validate/detector.ts';

const { sharp } = loadNativeParts(import.meta.filename);
const folder = mkdtempSync(join(tmpdir(), 'forms-'));
const scratch = new ScratchFolder(new AbortController().signal);
const solvers = startReconstructPool(import.meta.filename, 2);
const images: string[] = [];

beforeAll(async () => {
  for (let i = 0; i < 6; i++) {
    const random = mulberry32(i);
    const data = Uint8Array.from({ length: 48 * 64 * 3 }, () => random() * 256);
    images.push(join(folder, `${i}.png`));
    await sharp(data, { raw: { width: 64, height: 48, channels: 3 } })
      .blur(1)
      .toFile(images[i]!);
  }
});
afterAll(async () => {
  scratch.remove();
  rmSync(folder, { recursive: true });
  await solvers.close();
});

/** All weights after pruning by 40 %, and whether ONNX Runtime takes the model. */
async function reconstructed(name: string): Promise<readonly number[]> {
  const path = fileURLToPath(new URL(`../../fixtures/models/${name}.onnx`, import.meta.url));
  const pool = startDetectPool(import.meta.filename, { workers: 1, threadsPerWorker: 1 }, 'cpu');
  try {
    const model = await readModelFile(path);
    const classes = name === 'end2end-float16' ? 2 : 3;
    const datasetNames = new Map(Array.from({ length: classes }, (_, id) => [id, `class ${id}`]));
    const detector = describeDetector(
      { ...(await loadModel(pool, path)), metadata: model.metadata },
      { imgsz: null, protocol: 'auto', datasetNames, datasetNc: classes },
    );
    const calibration = { detector, images, seed: 0, scratch };
    const reconstruction = new Reconstruction(
      solvers,
      model,
      { method: 'reconstruct', exclude: [] },
      calibration,
    );
    const pruned = await reconstruction.prune(0.4);
    expect(pruned.zeros).toBe(Math.round(0.4 * pruned.weights));
    expect(pruned.bytes.length).toBe(model.bytes.length);
    await loadModel(pool, scratch.write('pruned.onnx', pruned.bytes));
    return findConvWeights(parseModel(path, pruned.bytes)).flatMap(({ tensor }) => [
      ...readValues(pruned.bytes, tensor),
    ]);
  } finally {
    await pool.close();
  }
}

test.each([
  ['yolov5', 'yolov5-float-data'],
  ['anchor-free', 'anchor-free-constants'],
])('%s and %s, the same weights kept in another way, become the same', async (one, other) => {
  expect(await reconstructed(other)).toEqual(await reconstructed(one));
});

test.each(['yolov5-float16', 'anchor-free-float16', 'end2end-float16'])(
  '%s: weights, pictures and what is seen have 16 bits',
  async (name) => {
    const values = await reconstructed(name);
    expect(values.every((value) => value === new Float16Array([value])[0])).toBe(true);
  },
);
