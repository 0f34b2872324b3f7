import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readReport } from '../helpers/report-schema.ts';

const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const HIT = 'its detections are taken from there';

/** One run of the command line on the embedded detector, in a folder of its own; all share what is remembered. */
function runner() {
  const cache = mkdtempSync(join(tmpdir(), 'remembered-cache-'));
  const entries = join(cache, 'yolo-prune-detections');
  const run = (...options: string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'remembered-'));
    const model = join(folder, 'best.onnx');
    copyFileSync(pathOf('demo/model/best.onnx'), model);
    const args = ['--model', 'best.onnx', '--data', pathOf('demo/data/data.yaml'), '--save-json', 'true'];
    const rest = ['--report-dir', 'report', '--fail-on-drop', 'false', ...options];
    const log = execFileSync(process.execPath, [pathOf('src/cli.ts'), ...args, ...rest], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, XDG_CACHE_HOME: cache, HOME: cache, LOCALAPPDATA: cache },
    });
    const { timing, ...report } = readReport(join(folder, 'report', 'report.json'));
    const files = Object.fromEntries(
      ['detections-before.json', 'detections-after.json', 'ground-truth.json'].map((name) => [
        name,
        readFileSync(join(folder, 'report', name), 'utf8'),
      ]),
    );
    return { log, timing, report, files };
  };
  return { run, entries };
}

test('a run that remembers the unpruned model reports the same, and a damaged memory is not trusted', () => {
  const { run, entries } = runner();
  const first = run();
  expect(first.log).not.toContain(HIT);
  expect(first.timing.unprunedRemembered).toBe(false);
  const [entry, ...others] = readdirSync(entries);
  expect(others).toEqual([]);

  const second = run();
  expect(second.log).toContain(HIT);
  expect(second.log).toMatch(/60 images through the pruned model/);
  expect(second.timing.unprunedRemembered).toBe(true);
  expect(second.report).toEqual(first.report);
  expect(second.files).toEqual(first.files);

  const other = run('--conf', '0.01');
  expect(other.log).not.toContain(HIT);
  expect(readdirSync(entries)).toHaveLength(2);

  const bytes = readFileSync(join(entries, entry!));
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(join(entries, entry!), bytes);
  const third = run();
  expect(third.log).not.toContain(HIT);
  expect(third.report).toEqual(first.report);
  expect(run().log).toContain(HIT);
}, 180_000);

test('cache: false neither reads nor writes, nor does a rule on time', () => {
  const { run, entries } = runner();
  run('--cache', 'false');
  run('--thresholds', 'max-slower: 0.9');
  expect(() => readdirSync(entries)).toThrow(/ENOENT/);
}, 120_000);
