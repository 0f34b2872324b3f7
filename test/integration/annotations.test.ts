import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/check.ts';
import { type InputName, loadInputs } from '../../src/inputs.ts';
import { silent } from '../../src/log.ts';
import { loadNativeParts } from '../../src/runtime/load.ts';
import { ScratchFolder } from '../../src/scratch.ts';
import { startDetectPool } from '../../src/validate/detect.ts';
import { validateModels } from '../../src/validation.ts';

const { sharp } = loadNativeParts(import.meta.filename);

test('the input `annotations` takes the place of label files, crowds go to COCO only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annotations-'));
  const pool = startDetectPool(import.meta.filename, { workers: 1, threadsPerWorker: 1 }, 'cpu');
  onTestFinished(async () => {
    await pool.close();
    await rm(folder, { recursive: true });
  });
  await mkdir(join(folder, 'images'));
  const grey = { width: 80, height: 60, channels: 3, background: '#888' } as const;
  await sharp({ create: grey })
    .png()
    .toFile(join(folder, 'images', 'a.png'));
  await writeFile(join(folder, 'data.yaml'), 'val: images\nnames: [class 0, class 1, class 2]');
  const box = { image_id: 7, category_id: 30, bbox: [10, 10, 40, 40], area: 900 };
  const annotations = {
    images: [{ id: 7, file_name: 'val/a.png', width: 80, height: 60 }],
    categories: [{ id: 30, name: 'class 2' }],
    annotations: [
      { ...box, id: 1, iscrowd: 0 },
      { ...box, id: 2, iscrowd: 1 },
    ],
  };
  await writeFile(join(folder, 'truth.json'), JSON.stringify(annotations));

  const given: Partial<Record<InputName, string>> = {
    model: fileURLToPath(new URL('../fixtures/models/anchor-free.onnx', import.meta.url)),
    data: join(folder, 'data.yaml'),
    annotations: join(folder, 'truth.json'),
  };
  const inputs = await loadInputs((name) => given[name] ?? '', { temporaryFolder: folder });
  const { dataset, plan, warnings } = await check(
    inputs,
    pool,
    new ScratchFolder(new AbortController().signal),
    silent,
  );
  expect(warnings).toEqual([]);
  const { models } = await validateModels(pool, plan, dataset, 1, false, silent);
  const { metrics } = models[0]!;
  expect(metrics).toMatchObject({ labels: 1, images: 1, perClass: [{ id: 2, labels: 1 }] });
  // Medium by its box, small by its area.
  expect(metrics.coco.APm).toBe(-1);
  expect(metrics.coco.APs).toBeGreaterThanOrEqual(0);
});
