import type { Checked } from './check.ts';
import { decide, type Gate, type Verdict } from './gate/decide.ts';
import { figureSource } from './gate/metric-names.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import { type Bootstrap, bootstrap, type FigureKey } from './metrics/bootstrap.ts';
import type { ValidatedModel } from './validation.ts';

/** The verdict, and the resamples that say how sure it is. */
export interface Judgement {
  readonly verdict: Verdict;
  /** `null` where nothing changed, or where there are too few images to draw from. */
  readonly resampled: Bootstrap | null;
}

/** The figures of the report's table, resampled as well as long as that takes a moment. */
const TABLE_FIGURES: readonly FigureKey[] = ['mAP50_95', 'mAP50', 'P', 'R', 'AP', 'AP50', 'AR100'];

/** Detections of both models up to which all of the table is resampled; beyond, only what decides. */
const QUICK = 300_000;

/** Resamples the images, and holds both models against every rule. */
export function judge(
  before: ValidatedModel,
  after: ValidatedModel,
  { plan, names }: Pick<Checked, 'plan' | 'names'>,
  inputs: Inputs,
  gzipBytesAfter: number,
  log: Log,
): Judgement {
  const { family } = plan.detector;
  const gate: Gate = {
    metric: inputs.metric,
    protocol: inputs.protocol === 'coco' ? 'coco' : family,
    family,
    maxDrop: inputs['max-drop'],
    minMetric: inputs['min-metric'],
    confidence: inputs.confidence,
    thresholds: inputs.thresholds,
  };
  const resampled = resample(before, after, gate);
  const evidence = {
    before: before.metrics,
    after: after.metrics,
    bootstrap: resampled,
    names,
    inferenceMillisecondsBefore: before.inferenceMilliseconds,
    inferenceMillisecondsAfter: after.inferenceMilliseconds,
    gzipBytesAfter,
  };
  const verdict = decide(evidence, gate);
  verdict.warnings.forEach(log.warning);
  return { verdict, resampled };
}

function resample(before: ValidatedModel, after: ValidatedModel, gate: Gate): Bootstrap | null {
  if (before === after || before.statistics.length < 2) return null;
  const decisive = [gate.metric, ...gate.thresholds.metrics.map(({ metric }) => metric)].map(
    (metric) => figureSource(metric, gate.protocol, gate.family).key,
  );
  const quick = before.metrics.detections + after.metrics.detections <= QUICK;
  const figures = new Set<FigureKey>(['mAP50_95', ...decisive, ...(quick ? TABLE_FIGURES : [])]);
  return bootstrap(before.statistics, after.statistics, { family: gate.family, figures: [...figures] });
}
