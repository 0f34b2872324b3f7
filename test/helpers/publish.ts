import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PublishInputs } from '../../src/github/publish.ts';
import type { Report } from '../../src/report/report.ts';
import type { Outcome } from '../../src/reporting.ts';
import { parseOutputs } from './entries.ts';
import { temporaryFiles } from './temporary-folder.ts';

/** What the process that publishes is told. */
export interface Published {
  readonly outcome: Outcome;
  readonly inputs: PublishInputs;
}

/** What a step left behind. */
export interface Step {
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

const CHILD = fileURLToPath(new URL('publish-child.ts', import.meta.url));

/**
 * Publishes a report in a process of its own, as a step of a pull request's workflow: what it sends goes to the served
 * addresses of `env`.
 *
 * @param event the payload of the event, pull request 7 by default.
 */
export async function publishAs(
  report: (folder: string) => Report,
  {
    inputs = {},
    env = {},
    event = { pull_request: { number: 7 } },
  }: {
    readonly inputs?: Partial<PublishInputs>;
    readonly env?: Readonly<Record<string, string>>;
    readonly event?: object;
  },
): Promise<Step> {
  const folder = await mkdtemp(join(tmpdir(), 'publish-'));
  const reportFolder = join(folder, 'report');
  await mkdir(reportFolder);
  const reportFile = join(reportFolder, 'report.json');
  const outcome: Outcome = { report: report(folder), reportFile };
  await writeFile(reportFile, JSON.stringify(outcome.report));
  for (const name of ['best.onnx', 'best.unpruned.onnx']) await writeFile(join(folder, name), name);
  const told: Published = {
    outcome,
    inputs: {
      summary: true,
      comment: 'auto',
      token: 'a-token-of-tests',
      'artifact-name': '',
      'retention-days': 0,
      'release-tag': '',
      'report-dir': reportFolder,
      ...inputs,
    },
  };
  const files = {
    told: join(folder, 'told'),
    output: join(folder, 'output'),
    summary: join(folder, 'summary'),
  };
  const eventFile = join(folder, 'event.json');
  await writeFile(files.told, JSON.stringify(told));
  await writeFile(files.output, '');
  await writeFile(files.summary, '');
  await writeFile(eventFile, JSON.stringify(event));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, files.told], {
    env: {
      PATH: process.env.PATH ?? '',
      RUNNER_TEMP: folder,
      ...temporaryFiles(folder),
      GITHUB_OUTPUT: files.output,
      GITHUB_STEP_SUMMARY: files.summary,
      GITHUB_EVENT_PATH: eventFile,
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_RUN_ID: '99',
      GITHUB_WORKFLOW: 'CI',
      GITHUB_JOB: 'prune',
      GITHUB_SERVER_URL: 'https://github.com',
      ...env,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    code,
    log,
    outputs: parseOutputs(await readFile(files.output, 'utf8')),
    summary: await readFile(files.summary, 'utf8'),
  };
}
