import { mkdir, mkdtemp, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { uploadArtifact } from '../../src/github/artifact.ts';
import { type ArtifactService, playArtifactService } from '../helpers/artifact-service.ts';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

const RUN = 'https://github.com/o/r/actions/runs/9';

/** @param change what is done to the folder that holds `best.onnx` and `my report` before they are sent. */
async function upload(
  service: ArtifactService,
  run = RUN,
  change: (folder: string) => Promise<void> = async () => {},
) {
  Object.assign(process.env, service.env);
  const folder = await mkdtemp(join(tmpdir(), 'artifact-'));
  const report = join(folder, 'my report');
  await mkdir(join(report, 'charts'), { recursive: true });
  await writeFile(join(report, 'report.json'), '{}');
  await writeFile(join(report, 'charts', 'a.svg'), '<svg/>');
  const model = join(folder, 'best.onnx');
  await writeFile(model, 'model '.repeat(1000));
  await change(folder);
  const temporary = await mkdtemp(join(tmpdir(), 'temporary-'));
  const artifact = await uploadArtifact('name', { models: [model], folder: report }, temporary, 5, run).catch(
    (error: Error) => error,
  );
  return { artifact, left: await readdir(temporary) };
}

test('models and report arrive in one zip, not compressed, for as many days as asked', async () => {
  await using service = await playArtifactService();
  const { artifact, left } = await upload(service);
  expect(artifact).toEqual({ id: 4711, url: 'https://github.com/o/r/actions/runs/9/artifacts/4711' });
  expect(left).toEqual([]);
  const files = service.filesOf('name');
  expect([...files.keys()].sort()).toEqual(['best.onnx', 'report/charts/a.svg', 'report/report.json']);
  expect([...files.values()].every(({ stored }) => stored)).toBe(true);
  expect(String(files.get('best.onnx')!.bytes)).toBe('model '.repeat(1000));
  expect(service.created()).toMatchObject([{ name: 'name', expires_at: expect.any(String) }]);
});

test('GitHub Enterprise Server is told apart from its cloud, and what to do instead is said', async () => {
  await using service = await playArtifactService();
  const { artifact } = await upload(service, 'https://github.enterprise.test/o/r/actions/runs/9');
  expect(artifact).toBeInstanceOf(Error);
  expect((artifact as Error).message).toMatch(/Enterprise Server .*my report with a step of its own/);
  expect(service.server.requests).toEqual([]);
  const cloud = await upload(service, 'https://octo.ghe.com/o/r/actions/runs/9');
  expect(cloud.artifact).toMatchObject({ id: 4711 });
});

test.skipIf(process.platform === 'win32')(
  'a model and a report that are links arrive as what they lead to',
  async () => {
    await using service = await playArtifactService();
    const { artifact } = await upload(service, RUN, async (folder) => {
      for (const name of ['best.onnx', 'my report']) {
        await rename(join(folder, name), join(folder, `real ${name}`));
        await symlink(`real ${name}`, join(folder, name));
      }
      // What a pull request could leave in a report folder of its checkout.
      await symlink('/etc/passwd', join(folder, 'real my report', 'passwd'));
      await symlink('/etc', join(folder, 'real my report', 'etc'));
    });
    expect(artifact).toMatchObject({ id: 4711 });
    const files = service.filesOf('name');
    expect([...files.keys()].sort()).toEqual(['best.onnx', 'report/charts/a.svg', 'report/report.json']);
    expect(String(files.get('best.onnx')!.bytes)).toBe('model '.repeat(1000));
  },
);
