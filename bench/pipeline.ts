import { readDataYaml } from '../src/dataset/data-yaml.ts';
import { loadDataset } from '../src/dataset/dataset.ts';
import type { LabeledImage } from '../src/dataset/types.ts';
import { createEvaluator } from '../src/metrics/evaluator.ts';
import { readModelFile } from '../src/onnx/model-file.ts';
import { detectionOptions } from '../src/protocol.ts';
import { arrange, detectAll, loadModel, startDetectPool } from '../src/validate/detect.ts';
import { describeDetector } from '../src/validate/detector.ts';

/** Where an image's time goes, in milliseconds of one worker. */
export interface Stages {
  readonly pixels: number;
  readonly inference: number;
  readonly decode: number;
}

export interface PipelineResult {
  readonly millisecondsPerImage: number;
  readonly stages: Stages;
  readonly images: number;
}

/** The validation of this project, ready to be timed. */
export interface PipelineRunner {
  measure(): Promise<PipelineResult>;
  close(): Promise<void>;
}

/**
 * @param models paths of one or two models that share decoding
 * @param repeats how often the data set's images are gone through in one measurement
 */
export async function startPipeline(
  models: readonly string[],
  data: string,
  repeats: number,
): Promise<PipelineRunner> {
  const pool = startDetectPool(import.meta.url, arrange(0), 'cpu');
  const [first] = models as [string];
  const file = await readModelFile(first);
  const [tensors] = await Promise.all(models.map((model) => loadModel(pool, model)));
  const { names } = await readDataYaml(data);
  const detector = describeDetector(
    { ...tensors!, metadata: file.metadata },
    { imgsz: null, protocol: 'auto', datasetNames: names, datasetNc: Math.max(...names.keys()) + 1 },
  );
  const dataset = await loadDataset(data, { split: 'val', family: detector.family, nc: detector.nc });
  const images: LabeledImage[] = Array.from({ length: repeats }, () => dataset.images).flat();
  const options = detectionOptions(detector.family, { conf: null, iou: null, maxDet: null }, 0);
  return {
    async measure() {
      const evaluators = models.map(() => createEvaluator({ family: detector.family, nc: detector.nc }));
      const stages = { pixels: 0, inference: 0, decode: 0 };
      const started = performance.now();
      for await (const detected of detectAll(pool, { detector, options }, images)) {
        if ('unreadable' in detected) continue;
        for (const [i, sample] of detected.samples.entries()) evaluators[i]!.add(sample);
        const { pixels, inference, decode } = detected.milliseconds;
        stages.pixels += pixels / images.length;
        stages.decode += decode / images.length;
        for (const value of inference) stages.inference += value / images.length;
      }
      for (const evaluator of evaluators) evaluator.finish();
      return {
        millisecondsPerImage: (performance.now() - started) / images.length,
        stages,
        images: images.length,
      };
    },
    close: () => pool.close(),
  };
}
