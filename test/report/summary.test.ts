import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { markdown, markdownCode, printable, shortName } from '../../src/report/escape.ts';
import { summaryMarkdown } from '../../src/report/summary.ts';
import { fateLine, verdictLine } from '../../src/report/text.ts';
import { renderAgain, writeReport } from '../../src/report/write.ts';
import { readReport } from '../helpers/report-schema.ts';
import { reportOf } from '../helpers/sample-report.ts';

const EXTRAS = {
  pictures: new Map([['pictures/01.jpg', Buffer.from('a picture')]]),
  toPng: async () => Buffer.from('a chart'),
};

test('a folder without a report cannot be rendered again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  await expect(renderAgain(folder)).rejects.toThrow(/report\.json cannot be read/);
  writeFileSync(join(folder, 'report.json'), '{"schema": 2}');
  await expect(renderAgain(folder)).rejects.toThrow(/must be a report\.json with schema 1/);
});

test('the verdict comes first, with the figures and what became of the model', () => {
  const lines = summaryMarkdown(reportOf()).split('\n');
  expect(lines[0]).toBe('## ✅ Pruning passed: mAP50-95 0.5123 → 0.5000');
  expect(lines.slice(0, 8).join('\n')).toContain('the original is kept as');
  expect(summaryMarkdown(reportOf({ pass: false }))).toMatch(/^## ❌ Pruning failed[\s\S]*stays as it was/);
});

test('classes are listed by what they lost', () => {
  const summary = summaryMarkdown(reportOf({ pass: false }));
  expect(summary.indexOf('| cat |')).toBeGreaterThan(0);
  expect(summary.indexOf('| cat |')).toBeLessThan(summary.indexOf('| steady |'));
});

test('a file with other cells keeps its columns', () => {
  for (const table of summaryMarkdown(reportOf({ className: 'a|b`c\nd' })).split('\n\n')) {
    const widths = table
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').length);
    expect(new Set(widths).size).toBeLessThanOrEqual(1);
  }
});

describe('names from outside start nothing', () => {
  test.each([
    '<img src=x onerror=alert(1)>',
    '::error::x',
    'a | b',
    '`code`',
    'line\nbreak',
    '[link](http://127.0.0.1)',
    '@somebody',
    '#1',
    '\u202eright to left',
    '\u001b[31mred',
  ])('%j', (name) => {
    const escaped = markdown(name);
    for (const character of '<>|`[]@:\n\u202e\u001b') expect(escaped).not.toContain(character);
    expect(markdownCode(name)).not.toMatch(/[|`\n]/);
  });

  test('a class name of 4,000 characters is shortened, by characters and not by halves of one', () => {
    expect([...shortName('🐈'.repeat(4000))]).toHaveLength(120);
    expect(shortName('cat')).toBe('cat');
    expect(printable('a\tb\r\nc')).toBe('a b c');
  });
});

test('one line tells the verdict, a gain as well', () => {
  expect(verdictLine(reportOf())).toBe(
    'PASS: mAP50-95 (yolov5) 0.5123 → 0.5000, drop 0.0123, accepted 0.0200',
  );
  const report = reportOf();
  const gain = { ...report, verdict: { ...report.verdict, after: 0.6, drop: -0.0877 } };
  expect(verdictLine(gain)).toContain('gain 0.0877');
});

test('what became of the model', () => {
  expect(fateLine(reportOf())).toMatch(/is now the pruned model; the original is kept as/);
  expect(fateLine(reportOf({ pass: false }))).toMatch(/stays as it was/);
  expect(fateLine(reportOf({ pass: false, replaced: true }))).toMatch(/on-fail: keep/);
  expect(fateLine(reportOf({ replaced: false }))).toMatch(/already pruned/);
});

test('report.json and summary.md are written as they are, and fit the schema', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'report-')), 'new', 'folder');
  const report = reportOf();
  const file = await writeReport(folder, report, EXTRAS);
  expect(readReport(file)).toEqual(report);
  expect(await readFile(join(folder, 'summary.md'), 'utf8')).toBe(summaryMarkdown(report));
  expect(JSON.parse(await readFile(join(folder, 'badge.json'), 'utf8'))).toMatchObject({
    schemaVersion: 1,
    message: '0.5000 (−0.0123)',
  });
});

test('made again from report.json, page and summary are the same to the last byte', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  await writeReport(folder, reportOf({ pass: false, className: 'café, "quoted" ☕' }), EXTRAS);
  const files = ['report.html', 'summary.md'].map((name) => join(folder, name));
  const first = await Promise.all(files.map((file) => readFile(file)));
  for (const file of files) await rm(file);
  await renderAgain(folder);
  expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(first);
});

test('a report folder that cannot be made is told', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'report-')), 'file');
  writeFileSync(file, '');
  await expect(writeReport(file, reportOf(), EXTRAS)).rejects.toThrow(/cannot be written.*report-dir/);
});

test('parts that are too long for GitHub are left out from the end, and that is said', () => {
  const whole = summaryMarkdown(reportOf());
  const limit = Buffer.byteLength(whole) - 1;
  const shorter = summaryMarkdown(reportOf(), limit);
  expect(Buffer.byteLength(shorter)).toBeLessThanOrEqual(limit);
  expect(shorter).toMatch(/Parts are left out here/);
  expect(shorter).not.toContain('of each layer');
  expect(whole.startsWith(shorter.split('\n\n*Parts')[0]!)).toBe(true);
});

test('however much there is to tell, GitHub gets no more than it shows', () => {
  const report = reportOf({ pass: false });
  const long = '|'.repeat(4000);
  const many = <T>(item: T) => Array.from({ length: 20_000 }, () => item);
  const summary = summaryMarkdown({
    ...report,
    verdict: { ...report.verdict, reasons: many(`Class ${long} fell.`), warnings: [long] },
    prune: { ...report.prune, layers: many({ ...report.prune.layers[0]!, name: long }) },
    validation: {
      ...report.validation,
      warnings: many(long),
      before: {
        ...report.validation.before,
        perClass: many({ ...report.validation.before.perClass[0]!, name: long }),
      },
    },
  });
  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1_000_000);
  for (const text of [
    '## ❌ Pruning failed',
    '19990 more rules failed',
    '| mAP50-95 | yolov5 |',
    'Parts are left out',
  ])
    expect(summary).toContain(text);
});

test('drops stand as a chart of fixed names, where there are any', () => {
  const chart = /```mermaid\n([\s\S]*?)```/.exec(
    summaryMarkdown(reportOf({ pass: false, className: '"]' })),
  )?.[1];
  expect(chart?.trimEnd().split('\n')).toEqual([
    '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#d1495b, #c98a00"}}}}%%',
    'xychart-beta',
    '  title "Drop of each metric; the line is what is accepted of mAP50-95"',
    '  x-axis ["mAP50-95", "mAP50", "P", "R", "AP (coco)", "AP50 (coco)", "AR100 (coco)"]',
    '  y-axis "drop" 0 --> 0.2335',
    '  bar [0.2123, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000]',
    '  line [0.0200, 0.0200, 0.0200, 0.0200, 0.0200, 0.0200, 0.0200]',
  ]);
  const report = reportOf();
  const { validation } = report;
  const unchanged = { ...report, validation: { ...validation, after: validation.before } };
  expect(summaryMarkdown(unchanged)).not.toContain('mermaid');
});

test('links and zstd sizes are there', () => {
  const summary = summaryMarkdown(reportOf(), undefined, [{ text: 'report', url: 'https://127.0.0.1/x' }]);
  expect(summary).toContain('[report](https://127.0.0.1/x)');
  expect(summary).toContain('| File, zstd | 6.80 MB | 5.20 MB |');
});
