import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { runEntry } from '../helpers/entries.ts';
import { readReport } from '../helpers/report-schema.ts';

const demo = (path: string) => fileURLToPath(new URL(`../../demo/${path}`, import.meta.url));

/** A copy of the embedded detector and data set. */
function workspace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'amount-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(demo('model/best.onnx'), join(folder, 'best.onnx'));
  cpSync(demo('data'), join(folder, 'data'), { recursive: true });
  return folder;
}

async function prune(folder: string, inputs: Readonly<Record<string, string>>) {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const ended = await runEntry(
    'cli',
    { model: 'best.onnx', data: 'data/data.yaml', 'report-dir': 'report', ...inputs },
    { cwd: folder, env: { TMPDIR: temporary, TEMP: temporary } },
  );
  expect(readdirSync(temporary)).toEqual([]);
  const file = join(folder, 'report', 'report.json');
  return { ...ended, report: existsSync(file) ? ((await readReport(file)) as Report) : null };
}

test('auto finds the largest amount that passes, on images that do not judge it', async () => {
  const folder = workspace();
  const { code, log, report } = await prune(folder, { amount: 'auto' });
  expect(code, log).toBe(0);
  const { tries, chosen, kind, on, images } = report!.search!;
  expect([kind, on, images]).toEqual(['auto', 'calibration', 64]);
  expect(tries.length).toBeGreaterThan(2);
  expect(tries.length).toBeLessThanOrEqual(8);
  const passed = tries.filter(({ pass }) => pass);
  expect(tries[chosen]!.amount).toBe(Math.max(...passed.map(({ amount }) => amount)));
  expect(report!.prune.amount).toBe(tries[chosen]!.amount);
  expect(report!.validation.images).toBe(60);
  expect(report!.model.replaced).toBe(true);
  expect(readFileSync(join(folder, 'report', 'summary.md'), 'utf8')).toContain('How the amount was found');

  const bytes = readFileSync(join(folder, 'best.onnx'));
  const again = await prune(folder, { amount: 'auto' });
  expect(again.code, again.log).toBe(0);
  expect(again.log).toContain('a model that was pruned before is not searched again');
  expect(again.report!.search).toBeNull();
  expect(readFileSync(join(folder, 'best.onnx'))).toEqual(bytes);
});

test('without labelled calibration images, a half of the validation images judges what the other half found', async () => {
  const folder = workspace();
  const yaml = join(folder, 'data', 'data.yaml');
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/^train:.*$/m, ''));
  const { log, report } = await prune(folder, { amount: 'auto' });
  expect(report!.search, log).toMatchObject({ on: 'half', images: 30 });
  expect(report!.validation.images).toBe(30);
});

test('training images that are the validation images do not search for it', async () => {
  const folder = workspace();
  const yaml = join(folder, 'data', 'data.yaml');
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace(/^train:.*$/m, 'train: images/val'));
  const { log, report } = await prune(folder, { amount: 'auto' });
  expect(report!.search, log).toMatchObject({ on: 'half', images: 30 });
});

test('of several amounts the largest that passes is taken, all validated in one pass', async () => {
  const folder = workspace();
  const { code, log, report } = await prune(folder, { amount: '50%, 20%,30%' });
  expect(code, log).toBe(0);
  expect(log).toContain('60 images through 4 models');
  const { tries, chosen, kind, on } = report!.search!;
  expect([kind, on]).toEqual(['sweep', 'validation']);
  expect(tries.map(({ amount, pass }) => [amount, pass])).toEqual([
    [0.2, true],
    [0.3, true],
    [0.5, false],
  ]);
  expect(chosen).toBe(1);
  expect(report!.verdict.after).toBe(tries[1]!.figure);
  const single = await prune(workspace(), { amount: '30%' });
  expect(single.report!.verdict.after).toBe(report!.verdict.after);
  expect(single.report!.model.sha256After).toBe(report!.model.sha256After);
});

test('a sweep where none passes is judged by the smallest, and the model stays', async () => {
  const folder = workspace();
  const original = readFileSync(join(folder, 'best.onnx'));
  const { code, report } = await prune(folder, { amount: '60%,70%' });
  expect(code).toBe(1);
  expect(report!.search!.chosen).toBe(0);
  expect(report!.verdict.pass).toBe(false);
  expect(readFileSync(join(folder, 'best.onnx'))).toEqual(original);
});

test('rescue gives the costliest layers their weights back until it passes', async () => {
  const folder = workspace();
  const { code, log, report } = await prune(folder, { amount: '40%', rescue: 'true' });
  expect(code, log).toBe(0);
  const { tries, chosen } = report!.search!;
  expect(tries[0]).toMatchObject({ amount: 0.4, pass: false, givenBack: [] });
  const back = tries[chosen]!.givenBack;
  expect(back.length).toBeGreaterThan(0);
  expect(report!.prune.excluded).toEqual(expect.arrayContaining([...back]));
  expect(report!.prune.sparsity).toBeGreaterThan(0.3);
});

test('rescue changes nothing where the amount passes, and says so where nothing does', async () => {
  const easy = await prune(workspace(), { amount: '20%', rescue: 'true' });
  expect(easy.code, easy.log).toBe(0);
  expect(easy.report!.search!.tries).toHaveLength(1);
  const hopeless = await prune(workspace(), { amount: '90%', rescue: 'true', 'max-drop': '0' });
  expect(hopeless.code).toBe(1);
  expect(hopeless.log).toContain('Nothing that was tried passes');
});
