import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/check.ts';
import { type InputName, loadInputs } from '../../src/inputs.ts';
import { silent } from '../../src/log.ts';
import type { Metrics } from '../../src/metrics/types.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import type { NativeBase } from '../../src/runtime/load.ts';
import { ScratchFolder } from '../../src/scratch.ts';
import { loadModel, startDetectPool } from '../../src/validate/detect.ts';
import { validateModels } from '../../src/validation.ts';
import { webassemblyBase } from '../helpers/webassembly.ts';

const demo = (path: string) => fileURLToPath(new URL(`../../demo/${path}`, import.meta.url));

/** The figures of the embedded detector, unpruned and pruned by 30 %. */
async function figures(base: NativeBase, folder: string): Promise<readonly Metrics[]> {
  const pool = startDetectPool(base, { workers: 2, threadsPerWorker: 1 }, 'cpu');
  try {
    const given: Partial<Record<InputName, string>> = {
      model: demo('model/best.onnx'),
      data: demo('data/data.yaml'),
    };
    const inputs = await loadInputs((name) => given[name] ?? '', { temporaryFolder: folder });
    const { model, plan, dataset } = await check(
      inputs,
      pool,
      new ScratchFolder(new AbortController().signal),
      silent,
    );
    const candidate = join(folder, 'candidate.onnx');
    await writeFile(candidate, pruneModel(model, { method: 'l1', amount: 0.3, exclude: [] }).bytes);
    await loadModel(pool, candidate);
    const { models } = await validateModels(pool, plan, dataset, 2, false, silent);
    return models.map(({ metrics }) => metrics);
  } finally {
    await pool.close();
  }
}

/** Every number in a record, with the path to it. */
function numbersOf(value: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, `${path}.${key}`));
}

test('WebAssembly gives the figures of machine code within 1e-4', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'webassembly-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const native = numbersOf(await figures(import.meta.filename, folder));
  const webassembly = new Map(numbersOf(await figures(await webassemblyBase(), folder)));
  expect(native.length).toBeGreaterThan(100);
  expect(webassembly.size).toBe(native.length);
  for (const [path, value] of native) {
    expect(Math.abs(webassembly.get(path)! - value), path).toBeLessThanOrEqual(1e-4);
  }
});
