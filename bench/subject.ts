import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDataYaml } from '../src/dataset/data-yaml.ts';
import { loadDataset } from '../src/dataset/dataset.ts';
import { readModelFile } from '../src/onnx/model-file.ts';
import { detectionOptions } from '../src/protocol.ts';
import { arrange, loadModel, loadOnly, startDetectPool } from '../src/validate/detect.ts';
import { describeDetector } from '../src/validate/detector.ts';
import { validateModels } from '../src/validation.ts';

const silent = {
  info: () => {},
  warning: () => {},
  group: <T>(_: string, phase: () => Promise<T>) => phase(),
};

/** A model on its data set, ready to have pruned copies of it validated. */
export async function openSubject(modelPath: string, yaml: string) {
  const model = await readModelFile(modelPath);
  const { names } = await readDataYaml(yaml);
  const pool = startDetectPool(import.meta.url, arrange(0), 'cpu');
  const detector = describeDetector(
    { ...(await loadModel(pool, modelPath)), metadata: model.metadata },
    { imgsz: null, protocol: 'auto', datasetNames: names, datasetNc: Math.max(...names.keys()) + 1 },
  );
  const { family, nc } = detector;
  const dataset = await loadDataset(yaml, { split: 'val', family, nc });
  const most = Math.max(...dataset.images.map(({ labels }) => labels.count));
  const options = detectionOptions(family, { conf: null, iou: null, maxDet: null }, most);
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  return {
    model,
    detector,
    folder,
    async validate(bytes: Uint8Array) {
      const path = join(folder, 'model.onnx');
      writeFileSync(path, bytes);
      await loadOnly(pool, path);
      const { models } = await validateModels(pool, { detector, options }, dataset, 1, false, silent);
      return models[0]!;
    },
    async close() {
      rmSync(folder, { recursive: true });
      await pool.close();
    },
  };
}
