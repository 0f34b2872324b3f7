import { tmpdir } from 'node:os';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { messageOf } from '../errors.ts';
import type { Inputs } from '../inputs.ts';
import { summaryMarkdown } from '../report/summary.ts';
import type { Outcome } from '../reporting.ts';
import { explain, openApi } from './api.ts';
import { type Artifact, uploadArtifact } from './artifact.ts';
import { COMMENT_LIMIT, marker, writeComment } from './comment.ts';
import { attachToRelease } from './release.ts';

/** GitHub drops a larger job summary whole (limit 1,048,576 bytes). */
const SUMMARY_LIMIT = 1_000_000;

/** What the inputs say about publishing. */
export type PublishInputs = Pick<
  Inputs,
  'summary' | 'comment' | 'token' | 'artifact-name' | 'retention-days' | 'release-tag' | 'report-dir'
>;

/** Hands everything out that others are to see. What cannot be sent only warns: the verdict does not depend on it. */
export async function publish(outcome: Outcome, inputs: PublishInputs): Promise<void> {
  const artifact = await attempt('The artifact could not be uploaded', 'actions: write', () =>
    sendArtifact(outcome, inputs),
  );
  setOutputs(outcome, artifact);
  const links = artifact ? [{ text: 'Models and report (artifact)', url: artifact.url }] : [];
  if (inputs.summary) await writeSummary(summaryMarkdown(outcome.report, SUMMARY_LIMIT, links));
  // Both at once: where GitHub does not answer, the step waits for it one time.
  await Promise.all([
    attempt('The pull request could not be commented on', 'pull-requests: write', () =>
      sendComment(outcome, inputs, links),
    ),
    attempt('The release got no files', 'contents: write', () => sendToRelease(outcome, inputs)),
  ]);
}

async function attempt<T>(
  what: string,
  permission: string,
  send: () => Promise<T | null>,
): Promise<T | null> {
  try {
    return await send();
  } catch (error) {
    core.warning(`${what}: ${explain(error, permission)}.`);
    return null;
  }
}

async function sendArtifact(
  { report, reportFile }: Outcome,
  inputs: PublishInputs,
): Promise<Artifact | null> {
  const name = inputs['artifact-name'];
  // Only a job on a runner can upload; elsewhere nobody waits for an artifact.
  if (name === '' || process.env.ACTIONS_RUNTIME_TOKEN === undefined) return null;
  const { model } = report;
  const models = [
    ...(model.replaced ? [model.output] : []),
    ...(model.compressed === null ? [] : [model.compressed]),
    ...(model.backup === null ? [] : [model.backup]),
  ];
  const content = { models: [...new Set(models)], folder: inputs['report-dir'] };
  core.debug(`Uploading ${reportFile} and ${models.length} models as ${name}`);
  return uploadArtifact(
    name,
    content,
    process.env.RUNNER_TEMP || tmpdir(),
    inputs['retention-days'],
    runUrl(),
  );
}

async function sendComment(
  { report }: Outcome,
  { comment, token }: PublishInputs,
  links: readonly { readonly text: string; readonly url: string }[],
): Promise<string | null> {
  const number = context.payload.pull_request?.number;
  if (comment === 'never') return null;
  if (number === undefined) {
    if (comment === 'always') core.warning('There is no pull request to comment on.');
    return null;
  }
  if (token === '') {
    core.warning('The pull request could not be commented on: `token` is empty.');
    return null;
  }
  const hidden = marker([context.workflow, context.job, report.model.path]);
  const more = [...links, { text: 'Job summary', url: runUrl() }];
  const markdown = summaryMarkdown(report, COMMENT_LIMIT - hidden.length, more);
  const create = comment !== 'on-fail' || !report.verdict.pass;
  const place = { ...context.repo, issue_number: number };
  return writeComment(openApi(token, context.apiUrl), place, hidden, markdown, create);
}

function runUrl(): string {
  return `${context.serverUrl}/${context.repo.owner}/${context.repo.repo}/actions/runs/${context.runId}`;
}

async function sendToRelease({ report, reportFile }: Outcome, inputs: PublishInputs): Promise<null> {
  const { verdict, model } = report;
  const tag = inputs['release-tag'];
  if (tag === '' || !verdict.pass) return null;
  const api = openApi(inputs.token, context.apiUrl);
  const file = model.replaced ? model.output : model.path;
  await attachToRelease(api, { ...context.repo, tag }, file, model.sha256After, reportFile);
  return null;
}

/** Sets the step's outputs. */
export function setOutputs({ report, reportFile }: Outcome, artifact: Artifact | null): void {
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
    'drop-low': verdict.certainty?.low ?? '',
    'drop-high': verdict.certainty?.high ?? '',
    'sha256-before': model.sha256Before,
    'sha256-after': model.sha256After,
    'artifact-id': artifact?.id ?? '',
    'artifact-url': artifact?.url ?? '',
  };
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
}

/** Adds the job summary; a summary that cannot be written only warns. */
async function writeSummary(summary: string): Promise<void> {
  try {
    await core.summary.addRaw(summary).write();
  } catch (error) {
    core.warning(`The job summary could not be written: ${messageOf(error)}.`);
  }
}
