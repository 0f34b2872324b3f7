import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeWorkspace } from '../faults/workspace.ts';
import { type Entry, runEntry } from '../helpers/entries.ts';

const SECRET = 'AKIA0PLAYED0SECRET';

/** The checkout of a pull request, in a folder that holds other things of the runner too. */
let checkout: string;
let outside: string;
let temp: string;

beforeEach(() => {
  const { folder } = makeWorkspace(2);
  checkout = join(folder, 'checkout');
  outside = join(folder, 'datasets', 'mine');
  temp = join(folder, 'temp');
  mkdirSync(checkout);
  mkdirSync(temp);
  mkdirSync(dirname(outside));
  for (const name of ['images', 'labels', 'models', 'data.yaml'])
    renameSync(join(folder, name), join(checkout, name));
  makeWorkspaceAt(outside);
  writeFileSync(join(temp, 'git-credentials.config'), `${SECRET}\n`);
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** The same data set elsewhere. */
function makeWorkspaceAt(folder: string): void {
  for (const name of ['images', 'labels', 'models']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['images/0.png', 'labels/0.txt', 'models/best.onnx', 'data.yaml'])
    copyFileSync(join(checkout, name), join(folder, name));
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ schema: 1, note: SECRET }));
}

/** Writes the checkout's data.yaml. */
function dataYaml(text: string): void {
  writeFileSync(join(checkout, 'data.yaml'), `${text}\nnames: [class 0, class 1, class 2]\n`);
}

/** Puts a link into the checkout, in place of what is there. */
function link(name: string, target: string): void {
  rmSync(join(checkout, name), { recursive: true, force: true });
  symlinkSync(target, join(checkout, name));
}

function run(inputs: Readonly<Record<string, string>> = {}, entry: Entry = 'index') {
  const given = {
    model: 'models/best.onnx',
    data: 'data.yaml',
    threads: '1',
    'max-drop': '1',
    'report-dir': join(temp, 'report'),
  };
  return runEntry(
    entry,
    { ...given, ...inputs },
    {
      cwd: checkout,
      env: { GITHUB_WORKSPACE: checkout, RUNNER_TEMP: temp },
    },
  );
}

async function refused(message: RegExp, inputs: Readonly<Record<string, string>> = {}): Promise<void> {
  const before = readFileSync(join(outside, 'models', 'best.onnx'));
  const { code, log } = await run(inputs);
  expect(code, log).toBe(1);
  expect(log).toMatch(message);
  expect(log).toMatch(/`allow-read: [^`]+` to the step/);
  expect(log).not.toContain(SECRET);
  expect(readFileSync(join(outside, 'models', 'best.onnx'))).toEqual(before);
}

describe('what a checkout leads to outside of the workspace is not read:', () => {
  test('a split', async () => {
    dataYaml('path: .\nval: ../datasets/mine/images');
    await refused(/`val` of .*data\.yaml names must lie in .*checkout, but .*allow-read: .*datasets\/mine`/);
    dataYaml(`path: /\nval: ${outside}/images`);
    await refused(/must lie in .*checkout/);
  });

  test("Ultralytics' own place for data sets, with the way out", async () => {
    dataYaml('path: mine\nval: images');
    await refused(/allow-read: .*datasets\/mine`/);
    const { code, log } = await run({ 'allow-read': '../datasets' });
    expect(code, log).toBe(0);
  });

  test('a file of the runner as a list', async () => {
    dataYaml('val: ../temp/git-credentials.config');
    await refused(/must lie in/);
  });

  test('a line of a list', async () => {
    writeFileSync(join(checkout, 'list.txt'), './images/0.png\n../datasets/mine/images/0.png\n');
    dataYaml('val: list.txt');
    await refused(/Images must lie in .*checkout, but .*datasets\/mine\/images\/0\.png does not/);
  });

  test.each([
    ['images/1.png', 'images/0.png', /Images must lie in .*1\.png leads to .*mine\/images\/0\.png/],
    ['images/more', 'images', /Images must lie in .*images\/more leads to .*mine\/images/],
    ['labels/1.txt', 'labels/0.txt', /Label files must lie in .*1\.txt leads to/],
    ['labels', 'labels', /Label files must lie in .*labels\/0\.txt leads to/],
    ['images', 'images', /`val` of .* must lie in/],
    [
      'data.yaml',
      'data.yaml',
      /data must be a path that stays in the workspace.*leads to .*mine\/data\.yaml/,
    ],
    ['models/best.onnx', 'models/best.onnx', /model must be a path that stays/],
    ['models', 'models', /model must be a path that stays/],
  ])('%s as a link', async (name, target, message) => {
    link(name, join(outside, target));
    await refused(message);
  });

  test.each(['annotations', 'baseline'])('a link as %s', async (name) => {
    link('file.json', join(outside, 'report.json'));
    await refused(new RegExp(`${name} must be a path that stays`), { [name]: 'file.json' });
  });

  test.each([
    ['output', 'out/best.onnx'],
    ['backup', 'out/original.onnx'],
    ['report-dir', 'out/report'],
  ])('nor written to, by a link on the way of %s', async (name, path) => {
    link('out', outside);
    await refused(new RegExp(`${name} must be a path that stays`), { [name]: path });
  });

  test('a named data.yaml in a folder that is a link', async () => {
    link('data', outside);
    await refused(/data must be a path that stays/, { data: 'data/data.yaml' });
  });
});

describe('what inputs name outside of the workspace is read:', () => {
  test('data.yaml, model and output', async () => {
    const { code, log, outputs } = await run({
      data: join(outside, 'data.yaml'),
      model: '../datasets/mine/models/best.onnx',
      output: join(outside, 'pruned.onnx'),
    });
    expect(code, log).toBe(0);
    expect(outputs.model).toBe(join(outside, 'pruned.onnx'));
  });

  test('by `allow-read`, one folder a line', async () => {
    link('images/more', join(outside, 'images'));
    const { code, log } = await run({ 'allow-read': `/nowhere\n${outside}` });
    expect(code, log).toBe(0);
    expect(log).toContain('3 images');
  });

  test('but a link of the checkout says nothing, also in `allow-read`', async () => {
    link('data', outside);
    dataYaml('val: data/images');
    await refused(/must lie in/, { 'allow-read': 'data' });
  });

  test('everything on the command line', async () => {
    dataYaml('val: ../datasets/mine/images');
    const { code, log } = await run({}, 'cli');
    expect(code, log).toBe(0);
  });
});
