import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../faults/workspace.ts';
import { type Ended, runEntry } from '../helpers/entries.ts';
import { type PlayedServer, play } from '../helpers/server.ts';

const TOKEN = 'ghs_played0token0that0nobody0may0read';

let workspace: Workspace;
let github: PlayedServer;

beforeEach(async () => {
  workspace = makeWorkspace(2);
  github = await play([
    [/^POST \/graphql$/, () => ({ json: { data: { viewer: { login: 'github-actions[bot]' } } } })],
    [/^GET \/repos\/o\/r\/issues\/7\/comments/, () => ({ json: [] })],
    [/^POST \/repos\/o\/r\/issues\/7\/comments$/, () => ({ status: 201, json: { html_url: 'added' } })],
    [
      /^GET \/repos\/o\/r\/releases\/tags\/v1$/,
      () => ({ json: { id: 1, assets: [], upload_url: `${github.url}/assets{?name,label}` } }),
    ],
    [/^POST \/assets/, () => ({ status: 201, json: {} })],
  ]);
  onTestFinished(async () => {
    await github[Symbol.asyncDispose]();
    rmSync(workspace.folder, { recursive: true });
  });
});

/** The action as a step of a workflow that this event started, on pull request 7. */
function runOn(event: string, inputs: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { folder, model } = workspace;
  const payload = join(folder, 'event.json');
  writeFileSync(payload, JSON.stringify({ pull_request: { number: 7 } }));
  const given = { model, data: join(folder, 'data.yaml'), threads: '1', 'max-drop': '1', token: TOKEN };
  return runEntry(
    'index',
    { ...given, 'report-dir': join(folder, 'report'), ...inputs },
    {
      env: {
        GITHUB_EVENT_NAME: event,
        GITHUB_EVENT_PATH: payload,
        GITHUB_REPOSITORY: 'o/r',
        GITHUB_API_URL: github.url,
        GITHUB_WORKFLOW: 'CI',
        GITHUB_JOB: 'prune',
      },
    },
  );
}

/** What was asked of GitHub, without the queries of lists. */
const asked = () =>
  github.requests
    .map(({ method, path }) => `${method} ${path.split('?')[0]}`)
    .filter((line) => !/^GET/.test(line));

const warningsOf = ({ log }: Ended) => log.match(/^::warning.*$/gm) ?? [];

const REASON = /^::warning::This workflow runs on pull_request_target: its token may write .*stranger's/;

test('a pull request gets its comment, and a release that was named its files', async () => {
  const ended = await runOn('pull_request', { 'release-tag': 'v1' });
  expect(ended.code, ended.log).toBe(0);
  expect(warningsOf(ended)).toEqual([]);
  // Comment and release are sent at the same time.
  const toRelease = (line: string) => line === 'POST /assets';
  expect(asked().filter((line) => !toRelease(line))).toEqual([
    'POST /graphql',
    'POST /repos/o/r/issues/7/comments',
  ]);
  expect(asked().filter(toRelease)).toHaveLength(3);
});

describe('on pull_request_target', () => {
  test('nothing is done with the token that nobody asked for, and a warning says why', async () => {
    const ended = await runOn('pull_request_target');
    expect(ended.code, ended.log).toBe(0);
    expect(ended.outputs.verdict).toBe('pass');
    expect(github.requests).toEqual([]);
    expect(warningsOf(ended)).toEqual([expect.stringMatching(REASON)]);
    expect(warningsOf(ended)[0]).toMatch(/nothing is written with the token.*docs\/forks\.md/);
  });

  test('a release gets nothing, which a warning of its own says', async () => {
    const ended = await runOn('pull_request_target', { 'release-tag': 'v1' });
    expect(ended.code, ended.log).toBe(0);
    expect(github.requests).toEqual([]);
    expect(warningsOf(ended)).toEqual([
      expect.stringMatching(REASON),
      expect.stringMatching(
        /^::warning::release-tag must not be given on pull_request_target.*Attach it from/,
      ),
    ]);
  });

  test.each([
    ['always', '1'],
    ['on-fail', '0'],
  ])('a comment that was set by hand (%s) is written, with the warning', async (comment, drop) => {
    const ended = await runOn('pull_request_target', { comment, 'max-drop': drop, 'fail-on-drop': 'false' });
    expect(ended.code, ended.log).toBe(0);
    expect(asked()).toEqual(['POST /graphql', 'POST /repos/o/r/issues/7/comments']);
    const reasons = warningsOf(ended).filter((line) => line.includes('pull_request_target'));
    expect(reasons).toEqual([expect.stringMatching(REASON)]);
    expect(reasons[0]).not.toContain('nothing is written');
  });

  test('without a comment or a release the warning still comes', async () => {
    const ended = await runOn('pull_request_target', { comment: 'never' });
    expect(github.requests).toEqual([]);
    expect(warningsOf(ended)).toEqual([expect.stringMatching(REASON)]);
  });
});

test('the token is masked before anything is logged, and stands nowhere else', async () => {
  const { log, summary } = await runOn('pull_request');
  const [first, ...others] = log.split('\n');
  expect(first).toBe(`::add-mask::${TOKEN}`);
  const report = ['report.json', 'report.html', 'summary.md'].map((name) =>
    readFileSync(join(workspace.folder, 'report', name), 'utf8'),
  );
  for (const text of [...others, summary, ...report]) expect(text).not.toContain(TOKEN);
});

test('no token, nothing to mask', async () => {
  expect((await runOn('pull_request', { token: '' })).log).not.toContain('add-mask');
});

test('a token is masked also where the inputs are wrong', async () => {
  const { log, code } = await runOn('pull_request', { amount: TOKEN });
  expect(code).toBe(1);
  expect(log.split('\n')[0]).toBe(`::add-mask::${TOKEN}`);
  expect(log).toContain('amount must be');
});
