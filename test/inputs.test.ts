import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type InputName, loadInputs } from '../src/inputs.ts';

let folder: string;
let given: Partial<Record<InputName, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inputs-'));
  for (const name of ['best.onnx', 'last.onnx', 'best.pt', 'data.yaml'])
    await writeFile(join(folder, name), '');
  given = { model: join(folder, 'best.onnx'), data: join(folder, 'data.yaml') };
});

const load = (more: Partial<Record<InputName, string>> = {}, temporaryFolder?: string) =>
  loadInputs((name) => ({ ...given, ...more })[name] ?? '', { temporaryFolder });

test('defaults', async () => {
  expect(await load()).toMatchObject({
    annotations: null,
    amount: [0.3],
    rescue: false,
    method: 'l1',
    exclude: [],
    split: 'val',
    protocol: 'auto',
    metric: 'mAP50-95',
    'max-drop': { value: 0.02, relative: false },
    'min-metric': null,
    imgsz: null,
    conf: null,
    device: 'auto',
    threads: 0,
    backup: join(folder, 'best.unpruned.onnx'),
    output: join(folder, 'best.onnx'),
    'on-fail': 'restore',
    'fail-on-drop': true,
    'report-dir': 'yolo-prune-report',
    summary: true,
  });
  expect((await load({}, '/runner/temp'))['report-dir']).toBe(join('/runner/temp', 'yolo-prune-report'));
});

describe('amount', () => {
  test.each([
    ['30%', 0.3],
    ['30 %', 0.3],
    ['0.3', 0.3],
    ['.5', 0.5],
    ['12.5%', 0.125],
  ])('%s', async (text, value) => {
    expect((await load({ amount: text })).amount).toEqual([value]);
  });

  test('several, ascending, each once', async () => {
    expect((await load({ amount: '40%, 20%,0.3,30%' })).amount).toEqual([0.2, 0.3, 0.4]);
    expect((await load({ amount: 'auto' })).amount).toBe('auto');
  });

  test('several go neither with a pattern nor with rescue', async () => {
    for (const amount of ['auto', '20%,30%']) {
      await expect(load({ amount, method: '2:4' })).rejects.toThrow(
        /amount must be a single share with the method 2:4/,
      );
      await expect(load({ amount, rescue: 'true' })).rejects.toThrow(
        /amount must be a single share with rescue/,
      );
    }
    expect((await load({ method: '2:4', rescue: 'true' })).rescue).toBe(true);
  });

  test.each([
    ['20%,', /Write 30% or 0\.3/],
    ['20%,30', /Did you mean 30%\?/],
    ['Auto', /or auto/],
    [Array.from({ length: 21 }, (_, i) => `${i + 1}%`).join(','), /at most 20 shares/],
    ['30', /Did you mean 30%\?/],
    ['0', /Nothing would be pruned/],
    ['0%', /Nothing would be pruned/],
    ['100%', /Every weight would become zero/],
    ['1', /Every weight would become zero/],
    ['-5%', /Nothing would be pruned/],
    ['a third', /Write 30% or 0\.3/],
    ['0x10', /Write 30% or 0\.3/],
  ])('%s is refused', async (text, message) => {
    await expect(load({ amount: text })).rejects.toThrow(message);
  });
});

describe('booleans are those of YAML 1.2', () => {
  test.each(['true', 'True', 'TRUE'])('%s', async (text) => {
    expect((await load({ 'fail-on-drop': text }))['fail-on-drop']).toBe(true);
  });
  test.each(['false', 'False', 'FALSE'])('%s', async (text) => {
    expect((await load({ 'fail-on-drop': text }))['fail-on-drop']).toBe(false);
  });
  test.each(['yes', 'no', 'on', '1', '0', 'tRue'])('%s is refused', async (text) => {
    await expect(load({ 'fail-on-drop': text })).rejects.toThrow(
      /fail-on-drop must be true or false.*it was "/,
    );
  });
});

test('all that is wrong is told at once', async () => {
  const wrong = {
    amount: '30',
    metric: 'map',
    threads: '-1',
    model: join(folder, '*.onnx'),
    summary: 'ja',
    annotations: 'none.json',
  };
  await expect(load(wrong)).rejects.toMatchObject({ errors: { length: 6 } });
  await expect(load(wrong)).rejects.toThrow(
    /6 inputs are wrong:[\s\S]*amount[\s\S]*metric[\s\S]*threads[\s\S]*summary[\s\S]*model[\s\S]*annotations must be/,
  );
});

describe('model', () => {
  test('a glob that matches one file', async () => {
    expect((await load({ model: join(folder, 'b*.onnx') })).model).toBe(join(folder, 'best.onnx'));
  });
  test.each([
    ['*.onnx', /matches 2: .*best\.onnx.*last\.onnx.*Name one/],
    ['none.onnx', /exactly one existing \.onnx file.*Check the path/],
    ['best.pt', /Export the checkpoint first/],
    ['data.yaml', /must be an \.onnx file/],
  ])('%s is refused', async (name, message) => {
    await expect(load({ model: join(folder, name) })).rejects.toThrow(message);
  });
  test('missing', async () => {
    await expect(load({ model: '', data: '' })).rejects.toThrow(
      /model must be given[\s\S]*data must be given/,
    );
  });
});

test('the backup may not be where the pruned model goes', async () => {
  await expect(load({ backup: given.model! })).rejects.toThrow(/backup must be a path of its own/);
});

test.each([
  ['max-drop', '5%', { value: 0.05, relative: true }],
  ['max-drop', '0', { value: 0, relative: false }],
  ['imgsz', '640', { width: 640, height: 640 }],
  ['imgsz', '480x864', { width: 864, height: 480 }],
  ['imgsz', '[480, 864]', { width: 864, height: 480 }],
  ['min-metric', '0.25', 0.25],
  ['exclude', 'a\n\n b ', ['a', 'b']],
] as const)('%s: %s', async (name, text, value) => {
  expect((await load({ [name]: text }))[name]).toEqual(value);
});

test.each([
  ['max-drop', '2', /Did you mean 2%\?/],
  ['max-drop', '-0.1', /from 0 to 1/],
  ['imgsz', '640x640x3', /size in pixels/],
  ['imgsz', '16', /from 32 to 8192/],
  ['metric', 'map50', /Did you mean mAP50\?/],
  ['threads', '1.5', /whole number/],
  ['max-det', '0', /from 1 on/],
  ['conf', '25', /Did you mean 0\.25\?/],
] as const)('%s: %s is refused', async (name, text, message) => {
  await expect(load({ [name]: text })).rejects.toThrow(message);
});
