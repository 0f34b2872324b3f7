import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { explain } from '../../src/github/api.ts';
import { uploadArtifact } from '../../src/github/artifact.ts';
import { type Handlers, type PlayedServer, play } from './server.ts';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** What GitHub's client reads from a token: which run and job it is for. */
function runtimeToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ scp: 'Actions.Results:run-1:job-2' })}.x`;
}

const SERVICE = 'POST /twirp/github.actions.results.api.v1.ArtifactService/';

function service(url: () => string): Handlers {
  return [
    [
      new RegExp(`${SERVICE}CreateArtifact`),
      () => ({ json: { ok: true, signed_upload_url: `${url()}/blob/artifact.zip?sig=x` } }),
    ],
    [new RegExp(`${SERVICE}FinalizeArtifact`), () => ({ json: { ok: true, artifact_id: '4711' } })],
    [/^PUT \/blob/, () => ({ status: 201, headers: { etag: '"x"' } })],
  ];
}

async function upload(server: PlayedServer, github = 'https://github.com') {
  process.env.ACTIONS_RUNTIME_TOKEN = runtimeToken();
  process.env.ACTIONS_RESULTS_URL = server.url;
  process.env.GITHUB_SERVER_URL = github;
  const folder = await mkdtemp(join(tmpdir(), 'artifact-'));
  const report = join(folder, 'my report');
  await mkdir(join(report, 'charts'), { recursive: true });
  await writeFile(join(report, 'report.json'), '{}');
  await writeFile(join(report, 'charts', 'a.svg'), '<svg/>');
  const model = join(folder, 'best.onnx');
  await writeFile(model, 'model '.repeat(1000));
  const temporary = await mkdtemp(join(tmpdir(), 'temporary-'));
  const artifact = await uploadArtifact(
    'name',
    { models: [model], folder: report },
    temporary,
    5,
    'run',
  ).catch((error: Error) => error);
  return { artifact, left: await readdir(temporary) };
}

test('models and report arrive in one zip, not compressed, for as many days as asked', async () => {
  await using server = await play(service(() => server.url));
  const { artifact, left } = await upload(server);
  expect(artifact).toEqual({ id: 4711, url: 'run/artifacts/4711' });
  expect(left).toEqual([]);
  const zip = Buffer.concat(
    server.requests.filter(({ path }) => path.includes('/blob')).map(({ body }) => body),
  );
  for (const name of ['best.onnx', 'report/report.json', 'report/charts/a.svg'])
    expect(zip.includes(name)).toBe(true);
  expect(zip.includes('model model model')).toBe(true);
  const create = JSON.parse(String(server.requests[0]!.body)) as { readonly expires_at?: string };
  expect(create).toMatchObject({ name: 'name', expires_at: expect.any(String) });
});

test('a server of GitHub Enterprise takes no artifacts, and that is said', async () => {
  await using server = await play([]);
  const { artifact } = await upload(server, 'https://github.enterprise.test');
  expect(explain(artifact, 'actions: write')).toMatch(/GHES/);
  expect(server.requests).toEqual([]);
});
