import type { Checked } from './check.ts';
import { decide, type Evidence, type Gate, type Verdict } from './gate/decide.ts';
import { figureSource } from './gate/metric-names.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import type { Bootstrap, FigureKey } from './metrics/bootstrap.ts';
import { bootstrapOnThreads, type Threads } from './metrics/bootstrap-pool.ts';
import type { Family } from './protocol.ts';
import { gzipSize } from './report/sizes.ts';
import { arrange } from './validate/detect.ts';
import type { ValidatedModel } from './validation.ts';

/** The verdict, and the resamples that say how sure it is. */
export interface Judgement {
  readonly verdict: Verdict;
  /** `null` where nothing changed, or where there are too few images to draw from. */
  readonly resampled: Bootstrap | null;
}

/** The figures of the report's table, resampled beside what decides. */
const TABLE_FIGURES: readonly FigureKey[] = ['mAP50_95', 'mAP50', 'P', 'R', 'AP', 'AP50', 'AR100'];

/** Resamples the images, and holds both models against every rule; what is uncertain is told in the log. */
export async function judge(
  before: ValidatedModel,
  after: ValidatedModel,
  { plan, names }: Pick<Checked, 'plan' | 'names'>,
  inputs: Inputs,
  gzipBytesAfter: number,
  log: Log,
  timeUp?: AbortSignal,
): Promise<Judgement> {
  const gate = gateOf(inputs, plan.detector.family);
  const resampled = await resample(before, after, gate, TABLE_FIGURES, {
    threads: arrange(inputs.threads).workers,
    timeUp,
  });
  const verdict = decide(evidenceOf(before, after, resampled, names, gzipBytesAfter), gate);
  verdict.warnings.forEach(log.warning);
  return { verdict, resampled };
}

/**
 * The verdict on one of many models that are tried: what neither a rule nor the caller asks for is not computed.
 *
 * @param howSure whether the deciding figure is resampled in any case.
 */
export async function judgeTry(
  before: ValidatedModel,
  after: ValidatedModel,
  { plan, names }: Pick<Checked, 'plan' | 'names'>,
  inputs: Inputs,
  bytes: Uint8Array,
  howSure: boolean,
): Promise<Verdict> {
  const gate = gateOf(inputs, plan.detector.family);
  const resampled =
    howSure || gate.confidence !== 'point'
      ? await resample(before, after, gate, [], { threads: arrange(inputs.threads).workers })
      : null;
  const gzipBytesAfter = gate.thresholds.maxBytes === null ? 0 : await gzipSize(bytes);
  return decide(evidenceOf(before, after, resampled, names, gzipBytesAfter), gate);
}

function gateOf(inputs: Inputs, family: Family): Gate {
  return {
    metric: inputs.metric,
    protocol: inputs.protocol === 'coco' ? 'coco' : family,
    family,
    maxDrop: inputs['max-drop'],
    minMetric: inputs['min-metric'],
    confidence: inputs.confidence,
    thresholds: inputs.thresholds,
  };
}

function evidenceOf(
  before: ValidatedModel,
  after: ValidatedModel,
  resampled: Bootstrap | null,
  names: Checked['names'],
  gzipBytesAfter: number,
): Evidence {
  return {
    before: before.metrics,
    after: after.metrics,
    bootstrap: resampled,
    names,
    inferenceMillisecondsBefore: before.inferenceMilliseconds,
    inferenceMillisecondsAfter: after.inferenceMilliseconds,
    gzipBytesAfter,
  };
}

async function resample(
  before: ValidatedModel,
  after: ValidatedModel,
  gate: Gate,
  others: readonly FigureKey[],
  threads: Threads,
): Promise<Bootstrap | null> {
  if (before === after || before.statistics.length < 2) return null;
  const decisive = [gate.metric, ...gate.thresholds.metrics.map(({ metric }) => metric)].map(
    (metric) => figureSource(metric, gate.protocol, gate.family).key,
  );
  const options = { family: gate.family, figures: [...new Set([...decisive, ...others])] };
  return bootstrapOnThreads(before.statistics, after.statistics, options, threads);
}
