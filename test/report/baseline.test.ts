import { expect, test } from 'vitest';
import type { LabeledImage } from '../../src/dataset/types.ts';
import { compareBaseline, dataDigest } from '../../src/report/baseline.ts';
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
