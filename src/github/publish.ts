import * as core from '@actions/core';
import { messageOf } from '../errors.ts';
import type { Outcome } from '../run.ts';

/** GitHub drops a larger job summary whole (limit 1,048,576 bytes). */
const SUMMARY_LIMIT = 1_000_000;

/** Sets the step's outputs. */
export function setOutputs({ report, reportFile }: Outcome): void {
  const { verdict, model, prune } = report;
  const outputs = {
    verdict: verdict.pass ? 'pass' : 'fail',
    model: model.replaced ? model.output : model.path,
    backup: model.backup ?? '',
    report: reportFile,
    sparsity: prune.sparsity,
    'metric-before': verdict.before,
    'metric-after': verdict.after,
    drop: verdict.drop,
    'sha256-before': model.sha256Before,
    'sha256-after': model.sha256After,
  };
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
}

/** Adds the job summary; a summary that cannot be written only warns. */
export async function writeSummary(summary: string): Promise<void> {
  if (Buffer.byteLength(summary) > SUMMARY_LIMIT) {
    core.warning(
      'The job summary is larger than GitHub accepts and was left out; summary.md in the report folder has it.',
    );
    return;
  }
  try {
    await core.summary.addRaw(summary).write();
  } catch (error) {
    core.warning(`The job summary could not be written: ${messageOf(error)}.`);
  }
}
