import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readDataYaml } from '../../src/dataset/data-yaml.ts';
import { loadDataset } from '../../src/dataset/dataset.ts';
import { cocoGroundTruth } from '../../src/metrics/coco-json.ts';
import { createEvaluator } from '../../src/metrics/evaluator.ts';
import { readModelFile } from '../../src/onnx/model-file.ts';
import { detectionOptions } from '../../src/protocol.ts';
import { arrange, detectAll, loadModel, startDetectPool } from '../../src/validate/detect.ts';
import { describeDetector } from '../../src/validate/detector.ts';
import type { Sample } from '../../src/validate/types.ts';
import { casePath, describeCases } from './shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'annotations-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeCases('ground truth out of the JSON that label files were written to', () => {
  it.each([
    ['yolov5n', 'coco-mini'],
    ['yolov8n', 'coco-mini'],
    ['tips', 'tips'],
  ])('gives %s on %s the same figures', async (model, data) => {
    const yaml = casePath('data', data, 'data.yaml');
    const { names } = await readDataYaml(yaml);
    const pool = startDetectPool(import.meta.filename, arrange(0), 'cpu');
    try {
      const path = casePath('models', `${model}.onnx`);
      const detector = describeDetector(
        { ...(await loadModel(pool, path)), metadata: (await readModelFile(path)).metadata },
        { imgsz: null, protocol: 'auto', datasetNames: names, datasetNc: names.size },
      );
      const { family, nc } = detector;
      const { images } = await loadDataset(yaml, { split: 'val', family, nc });
      const options = detectionOptions(family, { conf: null, iou: null, maxDet: null }, 0);
      const samples: Sample[] = [];
      for await (const found of detectAll(pool, { detector, options }, images)) {
        if ('samples' in found) samples.push(found.samples[0]!);
      }

      const annotations = join(folder, `${model}.json`);
      writeFileSync(annotations, JSON.stringify(cocoGroundTruth(samples, names)));
      const again = await loadDataset(yaml, { split: 'val', family, nc, annotations });
      expect(again.warnings).toEqual([]);
      const labels = new Map(again.images.map((image) => [image.path, image.labels]));
      const [before, after] = [createEvaluator({ family, nc }), createEvaluator({ family, nc })];
      for (const sample of samples) {
        before.add(sample);
        after.add({ ...sample, labels: labels.get(sample.path)! });
      }
      expect(after.finish()).toEqual(before.finish());
    } finally {
      await pool.close();
    }
  });
});
