import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../faults/workspace.ts';
import { playArtifactService } from '../helpers/artifact-service.ts';
import { type Ended, type Entry, runEntry } from '../helpers/entries.ts';
import { play } from '../helpers/server.ts';

const helper = (name: string) => fileURLToPath(new URL(`../helpers/${name}`, import.meta.url));

let workspace: Workspace;
let recorded: string;
beforeEach(() => {
  workspace = makeWorkspace(2);
  recorded = join(workspace.folder, 'connects');
  onTestFinished(() => rmSync(workspace.folder, { recursive: true }));
});

/** Has every thread and process of Node write down where it wants to go, and refuses all but these. */
const recording = (...hosts: readonly string[]) => ({
  NODE_OPTIONS: `--import=${new URL('../helpers/connects.mjs', import.meta.url)}`,
  CONNECTS_FILE: recorded,
  CONNECTS_ALLOWED: hosts.join(' '),
});

const connects = () =>
  existsSync(recorded) ? readFileSync(recorded, 'utf8').trim().split('\n').toSorted() : [];

/** The action with nothing but what it must be given. */
function runPlain(options: Parameters<typeof runEntry>[2]): Promise<Ended> {
  const { folder, model } = workspace;
  const inputs = { model, data: join(folder, 'data.yaml'), 'max-drop': '1' };
  return runEntry('index', { ...inputs, 'report-dir': join(folder, 'report') }, options);
}

/** The same on a pull request, with a token and all that can be sent. */
function runSending(env: Readonly<Record<string, string>>, token: string): Promise<Ended> {
  const { folder, model } = workspace;
  const payload = join(folder, 'event.json');
  writeFileSync(payload, JSON.stringify({ pull_request: { number: 7 } }));
  return runEntry(
    'index',
    { model, data: join(folder, 'data.yaml'), 'max-drop': '1', token, 'report-dir': join(folder, 'report') },
    {
      env: {
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_EVENT_PATH: payload,
        GITHUB_REPOSITORY: 'o/r',
        GITHUB_RUN_ID: '1',
        ...env,
      },
    },
  );
}

test.each<Entry>(['index', 'cli'])('ONNX Runtime keeps and sends no usage data (%s)', async (entry) => {
  const { folder, model } = workspace;
  const [home, temporary] = ['home', 'temporary'].map((name) => join(folder, name)) as [string, string];
  for (const path of [home, temporary]) mkdirSync(path);
  const inputs = {
    model,
    data: join(folder, 'data.yaml'),
    'max-drop': '1',
    'report-dir': join(folder, 'report'),
  };
  const { code, log } = await runEntry(entry, inputs, { env: { HOME: home, TMPDIR: temporary } });
  expect(code, log).toBe(0);
  // Its telemetry begins with a data base in the one and a log in the other; it asks for an address only seconds later.
  expect([readdirSync(home), readdirSync(temporary)]).toEqual([[], []]);
});

test('the recorder sees each way to the network, in threads and processes too', () => {
  const { status, stderr } = spawnSync(process.execPath, [helper('reach-out.mjs')], {
    env: { ...process.env, ...recording() },
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  const once = [
    'connect 192.0.2.1:9',
    'connect a.invalid:443',
    'connect b.invalid:80',
    'look up c.invalid',
    'send x 9 192.0.2.2',
  ];
  for (const line of once) expect(connects().filter((found) => found === line)).toHaveLength(3);
});

describe('without network the whole action ends well, and reaches for nothing', () => {
  test('in any thread or process of Node', async () => {
    const { code, log } = await runPlain({ env: recording() });
    expect(code, log).toBe(0);
    expect(connects()).toEqual([]);
  });

  test('nor on a pull request where it has no token', async () => {
    const { code, log } = await runSending(recording(), '');
    expect(code, log).toBe(0);
    expect(log).toContain('`token` is empty');
    expect(connects()).toEqual([]);
  });
});

describe('what is to be sent goes to the given hosts alone', () => {
  test('the comment to the API, the artifact to its service', async () => {
    await using api = await play([
      [/^POST \/graphql$/, () => ({ json: { data: { viewer: { login: 'github-actions[bot]' } } } })],
      [/^GET .*\/comments/, () => ({ json: [] })],
      [/^POST .*\/comments$/, () => ({ status: 201, json: { html_url: 'added' } })],
    ]);
    await using service = await playArtifactService();
    const [apiHost, serviceHost] = [api.url, service.server.url].map((url) => new URL(url).host);
    const { code, log } = await runSending(
      { ...recording(apiHost!, serviceHost!), GITHUB_API_URL: api.url, ...service.env },
      'played',
    );
    expect(code, log).toBe(0);
    expect(log).not.toContain('::warning');
    expect(api.requests.at(-1)).toMatchObject({ method: 'POST', path: '/repos/o/r/issues/7/comments' });
    expect([...service.filesOf('yolo-prune-report').keys()]).toContain('best.onnx');
    expect([...new Set(connects())]).toEqual([`connect ${apiHost}`, `connect ${serviceHost}`].toSorted());
  });
});

/** Whether system calls can be traced in a network namespace that is empty. */
const canTrace =
  spawnSync('unshare', [
    '--map-root-user',
    '--net',
    'strace',
    '--seccomp-bpf',
    '-f',
    '-o',
    '/dev/null',
    'true',
  ]).status === 0;

describe.skipIf(!canTrace)(
  'by the system calls of all threads, native code too, on a machine without network',
  () => {
    const traced = (trace: string) => [
      ...['unshare', '--map-root-user', '--net'],
      ...['strace', '--seccomp-bpf', '-f', '-qq', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', trace],
    ];
    /** Calls with an address of the internet in them; sockets of this machine's files do not count. */
    const outward = (trace: string) =>
      readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes('AF_INET'));

    test('the tracer sees what reaches out', () => {
      const [command, ...args] = traced(recorded) as [string];
      const { status } = spawnSync(command, [...args, process.execPath, helper('reach-out.mjs')]);
      expect(status).toBe(0);
      expect(outward(recorded).filter((line) => /connect\(.*192\.0\.2\.1/.test(line))).toHaveLength(3);
    });

    test('the action does not', { timeout: 120_000 }, async () => {
      const { code, log } = await runPlain({ under: traced(recorded) });
      expect(code, log).toBe(0);
      expect(outward(recorded)).toEqual([]);
    });
  },
);
