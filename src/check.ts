import { readDataYaml } from './dataset/data-yaml.ts';
import { loadDataset } from './dataset/dataset.ts';
import type { Dataset } from './dataset/types.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import { findConvWeights } from './onnx/conv-weights.ts';
import { type ModelFile, readModelFile } from './onnx/model-file.ts';
import { detectionOptions } from './protocol.ts';
import { partsLine } from './report/text.ts';
import type { ScratchFolder } from './scratch.ts';
import { type DetectPool, loadModel } from './validate/detect.ts';
import { describeDetector, refuseOtherThanDetectors } from './validate/detector.ts';
import type { DetectionPlan } from './validate/worker.ts';

/** Model and data set, read and found to fit each other. */
export interface Checked {
  readonly model: ModelFile;
  /** A file with the model's bytes, for ONNX Runtime. */
  readonly modelFile: string;
  readonly dataset: Dataset;
  readonly plan: DetectionPlan;
  /** Class names for reports: the data set's, or else the model's. */
  readonly names: ReadonlyMap<number, string>;
  readonly warnings: readonly string[];
}

/**
 * Reads everything a run depends on and writes nothing beside it; the unpruned model is loaded into the pool on the way.
 *
 * @param scratch gets the model in one file, where it is kept in several.
 * @throws {UserError} the first thing that is wrong.
 */
export async function check(
  inputs: Inputs,
  pool: DetectPool,
  scratch: ScratchFolder,
  log: Log,
): Promise<Checked> {
  const warnings: string[] = [];
  const warn = (warning: string) => {
    warnings.push(warning);
    log.warning(warning);
  };

  const model = await readModelFile(inputs.model);
  const { names } = await readDataYaml(inputs.data);
  const modelFile = oneFileOf(model, scratch, log);
  const tensors = await loadModel(pool, modelFile);
  const description = { ...tensors, metadata: model.metadata };
  // What the model is for comes before its weights, and both before its classes: the most telling message wins.
  refuseOtherThanDetectors(description);
  const convs = findConvWeights(model);
  const detector = describeDetector(description, {
    imgsz: inputs.imgsz,
    protocol: inputs.protocol,
    datasetNames: names,
    datasetNc: Math.max(...names.keys()) + 1,
  });
  detector.warnings.forEach(warn);
  log.info(
    `${inputs.model}: ${convs.length} Conv weights, ${detector.head} head, ${detector.nc} classes, ` +
      `${detector.width}×${detector.height} input${detector.rect ? ' in rectangles' : ''}, validated by the rules of ${detector.family}`,
  );

  const dataset = await loadDataset(inputs.data, {
    split: inputs.split,
    family: detector.family,
    nc: detector.nc,
    annotations: inputs.annotations,
    roots: inputs.roots,
  });
  dataset.warnings.forEach(warn);
  log.info(
    `${inputs.data}: ${dataset.images.length} images, ${dataset.labelCount} labelled boxes in ${inputs.split}`,
  );

  const mostLabels = dataset.images.reduce((most, { labels }) => Math.max(most, labels.count), 0);
  const asked = { conf: inputs.conf, iou: inputs.iou, maxDet: inputs['max-det'] };
  const options = detectionOptions(detector.family, asked, mostLabels);
  if (options.conf > 0.001) {
    warn(
      `conf is ${options.conf}: above 0.001 the figures come out higher than the reference validators print, and a drop smaller. ` +
        'Leave it out to compare with them.',
    );
  }
  return {
    model,
    modelFile,
    dataset,
    plan: { detector, options },
    names: new Map([...(detector.names ?? []), ...names]),
    warnings,
  };
}

/** ONNX Runtime never follows a model's external data itself: what it would read may have changed, or be another file. */
function oneFileOf({ path, bytes, parts }: ModelFile, scratch: ScratchFolder, log: Log): string {
  if (parts.length === 0) return path;
  log.info(partsLine(parts));
  return scratch.write('unpruned.onnx', bytes);
}
