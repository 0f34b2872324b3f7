import { tmpdir } from 'node:os';
import { isFeatureAvailable } from '@actions/cache';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { UserError, UserErrors } from '../errors.ts';
import { type InputName, loadInputs } from '../inputs.ts';
import { deviceFor, nativeBase } from '../native-base.ts';
import type { Memory } from '../remember/folder.ts';
import { run } from '../run.ts';
import { actionsCache } from '../runtime/actions-cache.ts';
import { stopOnSignals } from '../stop.ts';
import { actionsMemory, isFromFork, KEPT_DETECTIONS } from './actions-memory.ts';
import { annotateVerdict } from './annotations.ts';
import { actionsLog, harmless } from './log.ts';
import { publish } from './publish.ts';
import { permitted } from './pull-request-target.ts';

/** One run as a step of a workflow: inputs from the runner; outputs, summary and a failed verdict back to it, in this order. */
export async function runAction(bundleUrl: string): Promise<void> {
  maskToken();
  const inputs = await loadInputs((name) => core.getInput(name), {
    temporaryFolder: process.env.RUNNER_TEMP,
    workspace: process.env.GITHUB_WORKSPACE,
  });
  const { publishing, savesParts, warnings } = permitted(context.eventName, inputs);
  warnings.forEach(actionsLog.warning);
  const runtime = await actionsLog.group('Prepare ONNX Runtime and sharp', async () => {
    const cache = actionsCache(process.env.RUNNER_TEMP || tmpdir(), actionsLog);
    const kept = savesParts ? cache : { ...cache, save: async () => {} };
    const base = await nativeBase(bundleUrl, inputs['runtime-path'], inputs.device, kept, actionsLog);
    return { base, device: await deviceFor(inputs.device, base, actionsLog) };
  });
  const memory = inputs.cache && isFeatureAvailable() ? openMemory(savesParts) : null;
  const outcome = await run(inputs, actionsLog, runtime, stopOnSignals(), memory);
  await publish(outcome, publishing);
  if (outcome.report.verdict.pass) return;
  annotateVerdict(outcome.report, inputs.data, inputs['fail-on-drop'] ? 'error' : 'warning');
  if (inputs['fail-on-drop']) process.exitCode = core.ExitCode.Failure;
  else core.info('The step stays green because fail-on-drop is false.');
}

/** @param saves whether the event allows to write what other runs read. */
function openMemory(saves: boolean): Memory {
  const temp = process.env.RUNNER_TEMP || tmpdir();
  const kept = actionsCache(temp, actionsLog, KEPT_DETECTIONS);
  const isFork = isFromFork(context.payload, process.env.GITHUB_REPOSITORY ?? '');
  return actionsMemory(kept, temp, saves && !isFork);
}

/** Has the runner show `***` for the token from here on: it masks its own ones alone. */
function maskToken(): void {
  const token = core.getInput('token' satisfies InputName);
  if (token !== '') core.setSecret(token);
}

/** Ends the step red; only a bug shows its stack trace. */
export function failAction(thrown: unknown): never {
  if (thrown instanceof UserError || thrown instanceof UserErrors) core.setFailed(thrown.message);
  else {
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    core.info(harmless(stack));
    core.setFailed(`Unexpected error, please report it with the log above: ${stack.split('\n', 1)[0]}`);
  }
  process.exit(1);
}
