import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LabeledImage } from '../../src/dataset/types.ts';
import { compareBaseline, dataDigest, readBaseline } from '../../src/report/baseline.ts';
import { reportHtml } from '../../src/report/html.ts';
import { summaryMarkdown } from '../../src/report/summary.ts';
import { reportOf } from '../helpers/sample-report.ts';

test('a baseline that was measured alike stands beside the run', () => {
  const report = reportOf({ pass: false });
  const baseline = compareBaseline('main/report.json', reportOf(), report);
  expect(baseline).toMatchObject({ differs: null });
  expect(baseline.figures[0]).toEqual({ name: 'mAP50-95', protocol: 'yolov5', was: 0.5, is: 0.3 });
  const text = summaryMarkdown({ ...report, baseline });
  expect(text).toContain('| mAP50&#45;95 | yolov5 | 0.5000 | 0.3000 | −0.2000 |');
  expect(reportHtml({ ...report, baseline }, new Map())).toContain('Against the baseline');
});

test('one that was measured otherwise is no comparison, and that is said', () => {
  const report = reportOf();
  const other = { ...report, validation: { ...report.validation, conf: 0.25, dataDigest: 'd'.repeat(64) } };
  const baseline = compareBaseline('main/report.json', other, report);
  expect(baseline.figures).toEqual([]);
  expect(baseline.differs).toBe(
    'dataDigest was dddddddddddd and is cccccccccccc; conf was 0.25 and is 0.001',
  );
  expect(summaryMarkdown({ ...report, baseline })).toMatch(/No comparison: dataDigest was/);
});

test('the digest is of names and labels, not of where the images lie', () => {
  const image = (path: string, cls: number): LabeledImage => ({
    path,
    labels: { count: 1, cls: Int32Array.of(cls), xywhn: Float32Array.of(0.5, 0.5, 0.1, 0.1) },
  });
  expect(dataDigest([image('/a/1.jpg', 0)])).toBe(dataDigest([image('/b/1.jpg', 0)]));
  expect(dataDigest([image('/a/1.jpg', 0)])).not.toBe(dataDigest([image('/a/1.jpg', 1)]));
  expect(dataDigest([image('/a/1.jpg', 0)])).not.toBe(dataDigest([image('/a/2.jpg', 0)]));
});

describe('a baseline from anywhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-'));
  const file = join(folder, 'report.json');
  const reading = (text: string) => {
    writeFileSync(file, text);
    return readBaseline(file);
  };
  /** A report in whose JSON one value is another. */
  const having = (path: string, value: string) => {
    const report = structuredClone(reportOf()) as unknown as Record<string, unknown>;
    const keys = path.split('.');
    const last = keys.pop()!;
    const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, report);
    parent[last] = 'HERE';
    return JSON.stringify(report).replace('"HERE"', value);
  };

  test('is read where it is whole', async () => {
    const { validation } = await reading(JSON.stringify(reportOf()));
    expect(validation.after.mAP50_95).toBe(0.5);
  });

  test.each([
    ['validation.after.mAP50_95', '"0.5"', '"0.5"'],
    ['validation.after.mAP50', 'null', 'null'],
    ['validation.after.P', '1e999', 'Infinity'],
    ['validation.after.R', '2', '2'],
    ['validation.after.coco', '{"AP":0.1,"AP50":0.1}', 'missing'],
    ['validation.after.coco', '{"__proto__":{"AP":1,"AP50":1,"AR100":1}}', 'missing'],
    ['validation.after', `${'['.repeat(1e5)}${']'.repeat(1e5)}`, 'missing'],
    ['validation.after', 'null', 'missing'],
    ['validation.imgsz', `[${'['.repeat(1e5)}${']'.repeat(1e5)}]`, '[[…]]'],
    ['validation.protocol', '"<img src=x onerror=alert(1)>"', '"<img src=x onerror=alert(1)>"'],
    ['validation.split', '"|\\n## x"', '"|\\n## x"'],
    ['validation.dataDigest', `"${'x'.repeat(1e6)}"`, `"${'x'.repeat(40)}"`],
    ['validation.conf', '{}', 'an object'],
  ])('with another %s is refused', async (path, value, shown) => {
    const refused = reading(having(path, value));
    await expect(refused).rejects.toMatchObject({ kind: 'files' });
    await expect(refused).rejects.toThrow(new RegExp(`^baseline must be .* but ${path}[\\w.]* of .* is `));
    await expect(refused).rejects.toThrow(`report.json is ${shown}. Name the report.json`);
  });

  test.each([
    ['nothing', '', /cannot be read: Unexpected end of JSON/],
    ['NaN', '{"schema": 1, "verdict": NaN}', /cannot be read: .*NaN/],
    ['a list', '[]', /must be a report\.json with schema 1/],
    ['a list a hundred thousand deep', '['.repeat(1e5), /cannot be read/],
    ['more lists than memory holds', '['.repeat(3_000_001), /more than 3000000 lists and maps/],
    ['of another schema', JSON.stringify({ ...reportOf(), schema: 2 }), /with schema 1/],
    ['a prototype', '{"__proto__":{"schema":1,"verdict":{},"validation":{},"details":{}}}', /with schema 1/],
  ])('that is %s is refused', async (_, text, message) => {
    await expect(reading(text)).rejects.toThrow(message);
    await expect(reading(text)).rejects.toMatchObject({ kind: 'files' });
  });

  test('that is no file is refused, and not waited for', async () => {
    mkdirSync(join(folder, 'folder'));
    await expect(readBaseline(join(folder, 'folder'))).rejects.toThrow('no regular file');
    await expect(readBaseline(join(folder, 'nowhere'))).rejects.toThrow('ENOENT');
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    await expect(readBaseline(join(folder, 'fifo'))).rejects.toThrow('no regular file');
  });

  test('shows nothing of its own names in summary and page', async () => {
    const name = '<img src=x onerror=alert(1)>|`@somebody';
    const other = reportOf({ pass: false, className: name, path: name, picturePath: name });
    const report = reportOf();
    const baseline = compareBaseline('main.json', await reading(JSON.stringify(other)), report);
    expect(JSON.stringify(baseline)).not.toContain('onerror');
    expect(baseline.figures[0]!.was).toBe(0.3);
  });
});
