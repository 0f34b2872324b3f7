import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { makeWorkspace } from '../faults/workspace.ts';
import { runEntry } from '../helpers/entries.ts';
import { readReport } from '../helpers/report-schema.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

test('page and summary have nothing that report.json lacks: made again from it they are the same to the last byte', async () => {
  const { folder, model } = makeWorkspace(3);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const report = join(folder, 'report');
  const inputs = {
    ...{ model, data: join(folder, 'data.yaml'), threads: '1', 'report-dir': report },
    ...{ amount: '60%', 'fail-on-drop': 'false', comment: 'never' },
  };
  const ended = await runEntry('index', inputs);
  expect(ended.code, ended.log).toBe(0);
  expect(readReport(join(report, 'report.json')).verdict.pass).toBe(false);

  const files = ['report.html', 'summary.md'].map((name) => join(report, name));
  const first = files.map((file) => readFileSync(file, 'utf8'));
  expect(ended.summary).toBe(first[1]);
  for (const file of files) rmSync(file);
  execFileSync(process.execPath, [CLI, 'report', report]);
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(first);
});
