import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/check.ts';
import { sha256OfFile } from '../../src/files/hashes.ts';
import { type InputName, loadInputs } from '../../src/inputs.ts';
import { silent } from '../../src/log.ts';
import { ScratchFolder } from '../../src/scratch.ts';
import { startDetectPool } from '../../src/validate/detect.ts';
import { besideModel, EXTERNAL, makeWorkspace, ONE_FILE, type Workspace } from '../faults/workspace.ts';
import { runEntry } from '../helpers/entries.ts';
import { readReport } from '../helpers/report-schema.ts';

const LIMIT = { timeout: 120_000 };
const IMAGES = 6;

type Options = Readonly<Record<string, string>>;

/** A model with labelled images, and one other image to calibrate on. */
function workspaceOf(source: Workspace['source']): Workspace {
  const workspace = makeWorkspace(IMAGES, source);
  const { folder } = workspace;
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const label = join(folder, 'labels', '0.txt');
  for (let i = 1; i < IMAGES; i++) copyFileSync(label, join(folder, 'labels', `${i}.txt`));
  mkdirSync(join(folder, 'calibration'));
  const picture = new URL('../fixtures/models/64x96.png', import.meta.url);
  copyFileSync(picture, join(folder, 'calibration', 'a.png'));
  return workspace;
}

/** Runs the command line; what it tells of time and of the model's places is set apart. */
async function run(workspace: Workspace, options: Options = {}) {
  const { folder, model } = workspace;
  const reports = join(folder, 'report');
  const inputs = { model, data: join(folder, 'data.yaml'), 'report-dir': reports, threads: '1' };
  const { code, log } = await runEntry(
    'cli',
    { ...inputs, 'max-drop': '1', 'fail-on-drop': 'false', ...options },
    { cwd: folder, env: { XDG_CACHE_HOME: join(folder, 'cache') } },
  );
  const beside = besideModel(workspace);
  if (code !== 0) return { code, log, beside };
  const { timing, model: told, ...rest } = readReport(join(reports, 'report.json'));
  const found: unknown = JSON.parse(JSON.stringify(rest).replaceAll(folder, ''));
  return { code, log, beside, timing, told, found };
}

test.for<readonly [string, Options]>([
  ['l1', { 'output-format': 'zstd' }],
  ['reconstruct', { method: 'reconstruct', calibration: 'calibration' }],
  ['a search', { amount: 'auto', 'max-drop': '0.1' }],
  ['giving weights back', { rescue: 'true', amount: '90%', 'max-drop': '0' }],
])(
  '%s makes the same bytes and figures of a model with a data file as of one file',
  LIMIT,
  async ([, options]) => {
    const [one, external] = await Promise.all([
      run(workspaceOf(ONE_FILE), options),
      run(workspaceOf(EXTERNAL), options),
    ]);
    expect(one.code, one.log).toBe(0);
    expect(external.code, external.log).toBe(0);
    const data = external.beside['best.onnx.data'];
    // A verdict that fails leaves the model as it was, and that has two forms.
    const own = one.told!.replaced ? one.beside['best.onnx'] : external.beside['best.onnx'];
    expect(external.beside).toEqual({ ...one.beside, 'best.onnx': own, 'best.onnx.data': data });
    expect(external.found).toEqual(one.found);
    expect(external.told).toMatchObject({
      sha256Before: one.told!.sha256Before,
      sha256After: one.told!.sha256After,
      bytes: one.told!.bytes,
      gzipBytesAfter: one.told!.gzipBytesAfter,
      parts: [
        { path: expect.stringMatching(/best\.onnx$/) },
        { path: expect.stringMatching(/onnx\.data$/), sha256: data },
      ],
    });
  },
);

test('ONNX Runtime gets one file with all values, which is gone afterwards', LIMIT, async () => {
  const { folder, model, original } = workspaceOf(EXTERNAL);
  const given: Partial<Record<InputName, string>> = { model, data: join(folder, 'data.yaml') };
  const inputs = await loadInputs((name) => given[name] ?? '', { temporaryFolder: folder });
  const pool = startDetectPool(import.meta.url, { workers: 1, threadsPerWorker: 1 }, 'cpu');
  const scratch = new ScratchFolder(new AbortController().signal);
  try {
    const { modelFile } = await check(inputs, pool, scratch, silent);
    expect(modelFile).not.toBe(model);
    expect(await sha256OfFile(modelFile)).toBe(original);
    scratch.remove();
    expect(existsSync(modelFile)).toBe(false);
  } finally {
    scratch.remove();
    await pool.close();
  }
});

test('the model can be pruned again: as it is then, restored, and exported anew', LIMIT, async () => {
  const workspace = workspaceOf(EXTERNAL);
  const { model, original } = workspace;
  const first = await run(workspace);
  expect(first.log).toMatch(
    /The values of .*best\.onnx come from .*best\.onnx\.data; backup and pruned model/,
  );
  expect(first.beside['best.unpruned.onnx']).toBe(original);
  const again = await run(workspace);
  expect(again.log).toMatch(/already pruned like this/);
  expect(again.beside).toEqual(first.beside);

  copyFileSync(model.replace(/\.onnx$/, '.unpruned.onnx'), model);
  const restored = await run(workspace);
  expect(restored.told!.parts).toEqual([]);
  expect(restored.log).toMatch(/was already kept as/);
  expect(restored.beside).toEqual(first.beside);

  copyFileSync(new URL(`../fixtures/${EXTERNAL['best.onnx']}`, import.meta.url), model);
  const anew = await run(workspace);
  expect(anew.log).toMatch(/was already kept as/);
  expect(anew.beside).toEqual(first.beside);
});

test(
  'one of which nothing is pruned becomes one file, so that it goes alone to a release',
  LIMIT,
  async () => {
    const workspace = workspaceOf(EXTERNAL);
    const { beside, told } = await run(workspace, { exclude: '**' });
    expect(told).toMatchObject({ replaced: true, sha256Before: workspace.original });
    expect(beside['best.onnx']).toBe(workspace.original);
  },
);

test('a data file with other bytes is another model: nothing is remembered of it', LIMIT, async () => {
  const hit = 'its detections are taken from there';
  const workspace = workspaceOf(EXTERNAL);
  const { model } = workspace;
  const output = join(workspace.folder, 'pruned.onnx');
  const logs = [];
  for (const change of [false, false, true]) {
    const data = readFileSync(`${model}.data`);
    // A bias of the head, by one bit.
    if (change) data[data.length - 3]! ^= 1;
    writeFileSync(`${model}.data`, data);
    logs.push((await run(workspace, { output })).log);
  }
  expect(logs.map((log) => log.includes(hit))).toEqual([false, true, false]);
});

test('a data file that changes while the run is at it keeps the model as it was', LIMIT, async () => {
  const workspace = workspaceOf(EXTERNAL);
  const data = `${workspace.model}.data`;
  const images = join(workspace.folder, 'images');
  const picture = readFileSync(join(images, '0.png'));
  for (let i = IMAGES; i < 400; i++) writeFileSync(join(images, `${i}.png`), picture);
  let isOver = false;
  const running = run(workspace, { cache: 'false' }).finally(() => (isOver = true));
  const backup = workspace.model.replace(/\.onnx$/, '.unpruned.onnx');
  while (!isOver && !existsSync(backup)) await new Promise((done) => setTimeout(done, 5));
  appendFileSync(data, 'more');
  const { code, log, beside } = await running;
  expect(code, log).toBe(1);
  expect(log).toMatch(/The model .*best\.onnx\.data must not change while it is being pruned/);
  expect(beside['best.unpruned.onnx']).toBe(workspace.original);
  expect(readFileSync(backup)).not.toEqual(readFileSync(workspace.model));
});
