import type { CocoTruth, Dataset } from './dataset/types.ts';
import type { Log } from './log.ts';
import { createEvaluator, type Evaluator } from './metrics/evaluator.ts';
import type { ConfusionMatrix, Curves, ImageStatistics, Metrics } from './metrics/types.ts';
import { progressOf } from './progress.ts';
import { strongest } from './report/pictures.ts';
import type { ReportedTiming } from './report/report.ts';
import { type DetectPool, detectAll, loadModel, type UnreadableImage } from './validate/detect.ts';
import type { Geometry, Sample } from './validate/types.ts';
import type { DetectionPlan } from './validate/worker.ts';

/** The same of the unpruned and of the pruned model. */
export type BeforeAfter<T> = readonly [before: T, after: T];

/** The figures of both models on one split. */
export interface Validation {
  readonly before: Metrics;
  readonly after: Metrics;
  /** What each image contributes, by path; the same list twice where both models are the same. */
  readonly statistics: BeforeAfter<readonly ImageStatistics[]>;
  /** Every image with the detections that pictures show, by path. */
  readonly shown: BeforeAfter<ReadonlyMap<string, Sample>>;
  readonly curves: BeforeAfter<Curves>;
  readonly confusion: BeforeAfter<ConfusionMatrix>;
  /** All samples by model and path, where they were asked for. */
  readonly samples: readonly (readonly Sample[])[];
  readonly unreadable: readonly UnreadableImage[];
  readonly timing: Omit<ReportedTiming, 'totalSeconds' | 'pruneSeconds'>;
}

/**
 * Validates the unpruned model, which the pool has loaded, and the pruned one in one pass over the images.
 *
 * @param candidate path of the pruned model; `null` where it is the same as the unpruned, which is then run once.
 * @param keepSamples whether the detections themselves are wanted, not only the figures.
 */
export async function validateModels(
  pool: DetectPool,
  plan: DetectionPlan,
  dataset: Dataset,
  candidate: string | null,
  keepSamples: boolean,
  log: Log,
): Promise<Validation> {
  if (candidate !== null) await loadModel(pool, candidate);
  const { family, nc } = plan.detector;
  const evaluators = (candidate === null ? [0] : [0, 1]).map(() => createEvaluator({ family, nc }));
  const inference: number[][] = evaluators.map(() => []);
  const samples: Sample[][] = evaluators.map(() => []);
  const shown = evaluators.map(() => new Map<string, Sample>());
  const unreadable: UnreadableImage[] = [];
  const resized: string[] = [];

  const started = performance.now();
  const step = progressOf(log, dataset.images.length, 'images');
  for await (const detected of detectAll(pool, plan, dataset.images)) {
    step();
    if ('unreadable' in detected) {
      unreadable.push(detected.unreadable);
      log.warning(`${detected.unreadable.reason} It does not count.`);
      continue;
    }
    const [{ path, geometry, labels }] = detected.samples as [Sample];
    if (labels.coco && !isNativeSize(labels.coco, geometry)) resized.push(path);
    for (const [i, sample] of detected.samples.entries()) {
      evaluators[i]!.add(sample);
      shown[i]!.set(sample.path, strongest(sample));
      if (keepSamples) samples[i]!.push(sample);
      inference[i]!.push(detected.milliseconds.inference[i]!);
    }
  }
  if (resized.length > 0) {
    log.warning(
      `${resized.length} images have another size than the annotations say, first ${resized.sort()[0]}: ` +
        "COCO's figures compare the boxes as they are there.",
    );
  }
  const validateSeconds = (performance.now() - started) / 1000;
  const imagesPerSecond = dataset.images.length / validateSeconds;
  log.info(
    `${dataset.images.length} images through ${evaluators.length === 2 ? 'both models' : 'the model'} in ${validateSeconds.toFixed(1)} s, ` +
      `${imagesPerSecond.toFixed(1)} images a second`,
  );

  const ofBoth = <T>(find: (evaluator: Evaluator) => T): BeforeAfter<T> => {
    const [before, after = before] = evaluators.map(find) as [T, T?];
    return [before, after];
  };
  const [before, after] = ofBoth((evaluator) => evaluator.finish());
  const [millisecondsBefore, millisecondsAfter = millisecondsBefore] = inference.map(median) as [
    number,
    number?,
  ];
  return {
    before,
    after,
    statistics: ofBoth((evaluator) => evaluator.statistics()),
    shown: [shown[0]!, shown.at(-1)!],
    curves: ofBoth((evaluator) => evaluator.curves()),
    confusion: ofBoth((evaluator) => evaluator.confusion()),
    samples: samples.map((list) => list.toSorted((a, b) => (a.path < b.path ? -1 : 1))),
    unreadable,
    timing: {
      validateSeconds,
      imagesPerSecond,
      inferenceMillisecondsBefore: millisecondsBefore,
      inferenceMillisecondsAfter: millisecondsAfter,
    },
  };
}

function isNativeSize({ width, height }: CocoTruth, { nativeWidth, nativeHeight }: Geometry): boolean {
  return width === nativeWidth && height === nativeHeight;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
