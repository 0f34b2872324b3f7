import type { CocoTruth, Dataset } from './dataset/types.ts';
import type { Log } from './log.ts';
import { createEvaluator } from './metrics/evaluator.ts';
import type { ConfusionMatrix, Curves, ImageStatistics, Metrics } from './metrics/types.ts';
import { progressOf } from './progress.ts';
import { strongest } from './report/pictures.ts';
import { warnOfUnreadable } from './unreadable.ts';
import { type DetectedImage, type DetectPool, detectAll, type UnreadableImage } from './validate/detect.ts';
import type { Geometry, Sample } from './validate/types.ts';
import type { DetectionPlan } from './validate/worker.ts';

const MODELS: Readonly<Record<number, string>> = { 1: 'the model', 2: 'both models' };

/** What one model made of a split. */
export interface ValidatedModel {
  readonly metrics: Metrics;
  /** What each image contributes, by path. */
  readonly statistics: readonly ImageStatistics[];
  readonly curves: Curves;
  readonly confusion: ConfusionMatrix;
  /** Every image with the detections that pictures show, by path. */
  readonly shown: ReadonlyMap<string, Sample>;
  /** All samples by path, where they were asked for. */
  readonly samples: readonly Sample[];
  /** Median time of one image in ONNX Runtime on one worker. */
  readonly inferenceMilliseconds: number;
}

/** What one pass over a split found. */
export interface Validation {
  /** One entry for each model of the pool, in the order in which they were loaded. */
  readonly models: readonly ValidatedModel[];
  readonly unreadable: readonly UnreadableImage[];
  readonly validateSeconds: number;
  readonly imagesPerSecond: number;
  /** Whether the first model's detections were those of an earlier run. */
  readonly isRemembered: boolean;
}

/**
 * Validates the models that the pool has loaded, all of them in one pass over the images.
 *
 * @param modelCount how many they are.
 * @param keepSamples whether the detections themselves are wanted, not only the figures.
 */
export async function validateModels(
  pool: DetectPool,
  plan: DetectionPlan,
  dataset: Pick<Dataset, 'images'>,
  modelCount: number,
  keepSamples: boolean,
  log: Log,
): Promise<Validation> {
  const detected = detectAll(pool, plan, dataset.images);
  return validateDetected(detected, plan, dataset, modelCount, keepSamples, log);
}

/**
 * Makes figures of what models find.
 *
 * @param detectedImages one entry an image, in any order, with a sample of each model.
 * @param through what the images went through, for the log.
 */
export async function validateDetected(
  detectedImages: AsyncIterable<DetectedImage>,
  plan: DetectionPlan,
  { images }: Pick<Dataset, 'images'>,
  modelCount: number,
  keepSamples: boolean,
  log: Log,
  through: string = MODELS[modelCount] ?? `${modelCount} models`,
): Promise<Validation> {
  const validators = Array.from({ length: modelCount }, () => new Validator(plan, keepSamples));
  const unreadable: UnreadableImage[] = [];
  const warnings = warnOfUnreadable(log, 'It does not count.');
  const resized: string[] = [];

  const started = performance.now();
  const step = progressOf(log, images.length, 'images');
  for await (const detected of detectedImages) {
    step();
    if ('unreadable' in detected) {
      unreadable.push(detected.unreadable);
      warnings.add(detected.unreadable.reason);
      continue;
    }
    const [{ path, geometry, labels }] = detected.samples as [Sample];
    if (labels.coco && !isNativeSize(labels.coco, geometry)) resized.push(path);
    for (const [i, validator] of validators.entries()) {
      validator.add(detected.samples[i]!, detected.milliseconds.inference[i]!);
    }
  }
  warnings.end();
  if (resized.length > 0) {
    log.warning(
      `${resized.length} images have another size than the annotations say, first ${resized.sort()[0]}: ` +
        "COCO's figures compare the boxes as they are there.",
    );
  }
  const validateSeconds = (performance.now() - started) / 1000;
  const imagesPerSecond = images.length / validateSeconds;
  log.info(
    `${images.length} images through ${through} in ${validateSeconds.toFixed(1)} s, ` +
      `${imagesPerSecond.toFixed(1)} images a second`,
  );
  return {
    models: validators.map((validator) => validator.finish()),
    unreadable,
    validateSeconds,
    imagesPerSecond,
    isRemembered: false,
  };
}

/** Gathers what one model puts out. */
class Validator {
  readonly #evaluator: ReturnType<typeof createEvaluator>;
  readonly #keepSamples: boolean;
  readonly #shown = new Map<string, Sample>();
  readonly #samples: Sample[] = [];
  readonly #inference: number[] = [];

  constructor({ detector: { family, nc } }: DetectionPlan, keepSamples: boolean) {
    this.#evaluator = createEvaluator({ family, nc });
    this.#keepSamples = keepSamples;
  }

  add(sample: Sample, inferenceMilliseconds: number): void {
    this.#evaluator.add(sample);
    this.#shown.set(sample.path, strongest(sample));
    if (this.#keepSamples) this.#samples.push(sample);
    this.#inference.push(inferenceMilliseconds);
  }

  finish(): ValidatedModel {
    return {
      metrics: this.#evaluator.finish(),
      statistics: this.#evaluator.statistics(),
      curves: this.#evaluator.curves(),
      confusion: this.#evaluator.confusion(),
      shown: this.#shown,
      samples: this.#samples.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      inferenceMilliseconds: median(this.#inference),
    };
  }
}

function isNativeSize({ width, height }: CocoTruth, { nativeWidth, nativeHeight }: Geometry): boolean {
  return width === nativeWidth && height === nativeHeight;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
