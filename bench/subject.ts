import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../src/check.ts';
import { type InputName, loadInputs } from '../src/inputs.ts';
import { silent } from '../src/log.ts';
import { ScratchFolder } from '../src/scratch.ts';
import { arrange, loadOnly, startDetectPool } from '../src/validate/detect.ts';
import { validateModels } from '../src/validation.ts';

/** A model on its data set, ready to have pruned copies of it validated. */
export async function openSubject(modelPath: string, yaml: string) {
  const given: Partial<Record<InputName, string>> = { model: modelPath, data: yaml };
  const inputs = await loadInputs((name) => given[name] ?? '', { temporaryFolder: undefined });
  const pool = startDetectPool(import.meta.url, arrange(0), 'cpu');
  const scratch = new ScratchFolder(new AbortController().signal);
  const { model, dataset, plan } = await check(inputs, pool, scratch, silent);
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  return {
    model,
    detector: plan.detector,
    folder,
    async validate(bytes: Uint8Array) {
      const path = join(folder, 'model.onnx');
      writeFileSync(path, bytes);
      await loadOnly(pool, path);
      const { models } = await validateModels(pool, plan, dataset, 1, false, silent);
      return models[0]!;
    },
    async close() {
      scratch.remove();
      rmSync(folder, { recursive: true });
      await pool.close();
    },
  };
}
