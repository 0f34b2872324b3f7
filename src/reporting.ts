import type { Checked } from './check.ts';
import type { Dataset } from './dataset/types.ts';
import type { Inputs } from './inputs.ts';
import type { Judgement } from './judge.ts';
import type { Log } from './log.ts';
import type { Family } from './protocol.ts';
import type { PrunedModel } from './prune/prune-model.ts';
import { type Baseline, compareBaseline, dataDigest } from './report/baseline.ts';
import { writeCocoFiles } from './report/coco-files.ts';
import { type ReportedPicture, worstPictures } from './report/pictures.ts';
import { pictureFiles, png } from './report/raster.ts';
import { buildReport, type Report, type ReportedModel } from './report/report.ts';
import type { ReportedSearch } from './report/search.ts';
import { verdictLines } from './report/text.ts';
import { writeReport } from './report/write.ts';
import type { Device } from './runtime/device.ts';
import { loadNativeParts, type NativeBase, runtimeName } from './runtime/load.ts';
import type { ValidatedModel, Validation } from './validation.ts';

/** What a run hands to its entry: outputs, job summary and exit status are made from it. */
export interface Outcome {
  readonly report: Report;
  /** Path of report.json. */
  readonly reportFile: string;
}

/** What runs the models. */
export interface Runtime {
  readonly base: NativeBase;
  readonly device: Device;
}

/** All that a run has found out. */
export interface Findings {
  readonly inputs: Inputs;
  readonly checked: Checked;
  readonly runtime: Runtime;
  readonly pruned: PrunedModel;
  /** The images that judged it. */
  readonly dataset: Dataset;
  readonly search: ReportedSearch | null;
  readonly validation: Validation;
  readonly judgement: Judgement;
  /** Another run to hold this one against. */
  readonly baseline: Baseline | null;
  readonly model: ReportedModel;
  readonly pruneSeconds: number;
  /** When the run began, by `performance.now()`. */
  readonly started: number;
}

/** Writes the report folder, and ends the log with the figures. */
export async function reportOn(findings: Findings, log: Log): Promise<Outcome> {
  const { inputs, checked, runtime, pruned, dataset, search, validation, judgement, baseline, model } =
    findings;
  const { detector, options } = checked.plan;
  const [before, after = before] = validation.models as [ValidatedModel, ValidatedModel?];
  const { sharp } = loadNativeParts(runtime.base);
  const worst = picturesOf(before, after, detector.family);
  const pictures = await pictureFiles(sharp, worst, detector.family);
  const judged = buildReport({
    ...judgement,
    pruned,
    search,
    names: checked.names,
    before: before.metrics,
    after: after.metrics,
    curves: [before.curves, after.curves],
    confusion: [before.confusion, after.confusion],
    pictures: pictures.pictures,
    model,
    validation: {
      protocol: detector.family,
      dataDigest: dataDigest(dataset.images),
      split: inputs.split,
      imgsz: [detector.height, detector.width],
      rect: detector.rect !== null,
      ...options,
      device: runtime.device.provider,
      deviceReason: runtime.device.reason,
      runtime: runtimeName(runtime.base),
      unreadable: validation.unreadable,
      warnings: checked.warnings,
    },
    timing: {
      totalSeconds: (performance.now() - findings.started) / 1000,
      pruneSeconds: findings.pruneSeconds,
      validateSeconds: validation.validateSeconds,
      imagesPerSecond: validation.imagesPerSecond,
      inferenceMillisecondsBefore: before.inferenceMilliseconds,
      inferenceMillisecondsAfter: after.inferenceMilliseconds,
      unprunedRemembered: validation.isRemembered,
    },
  });
  const report = baseline
    ? { ...judged, baseline: compareBaseline(inputs.baseline, baseline, judged) }
    : judged;
  if (inputs['save-json']) {
    await writeCocoFiles(inputs['report-dir'], {
      before: before.samples,
      after: after.samples,
      family: detector.family,
      names: checked.names,
    });
  }
  const reportFile = await writeReport(inputs['report-dir'], report, {
    pictures: pictures.files,
    toPng: (svg) => png(sharp, svg),
  });
  for (const line of verdictLines(report)) log.info(line);
  log.info(`Report: ${reportFile}`);
  return { report, reportFile };
}

function picturesOf(
  before: ValidatedModel,
  after: ValidatedModel,
  family: Family,
): readonly ReportedPicture[] {
  return worstPictures({
    before: before.statistics,
    after: after.statistics,
    samplesBefore: before.shown,
    samplesAfter: after.shown,
    family,
    conf: before.curves.axis[before.curves.best] ?? 0,
  });
}
