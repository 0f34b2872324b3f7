import { expect, test } from 'vitest';
import { reportCharts } from '../../src/report/charts/charts.ts';
import { reportHtml } from '../../src/report/html.ts';
import type { ReportedSearch, ReportedTry } from '../../src/report/search.ts';
import { summaryMarkdown } from '../../src/report/summary.ts';
import { reportOf } from '../helpers/sample-report.ts';

const tried = (amount: number, drop: number, givenBack: readonly string[] = []): ReportedTry => ({
  amount,
  sparsity: amount,
  figure: 0.5 - drop,
  drop,
  pass: drop <= 0.02,
  givenBack,
});

const AUTO: ReportedSearch = {
  kind: 'auto',
  on: 'calibration',
  images: 64,
  unpruned: 0.5,
  accepted: 0.02,
  tries: [tried(0.3, 0.01), tried(0.5, 0.2), tried(0.4, 0.015), { ...tried(0.45, 0.019), pass: false }],
  chosen: 2,
};
const RESCUE: ReportedSearch = {
  ...AUTO,
  kind: 'rescue',
  on: 'half',
  tries: [tried(0.4, 0.05), tried(0.35, 0.01, ['a', 'b'])],
  chosen: 1,
};
const report = (search: ReportedSearch | null) => ({ ...reportOf(), search });

test('a given amount has no section of its own', () => {
  expect(summaryMarkdown(report(null))).not.toContain('How the amount was found');
  expect(reportHtml(report(null), new Map())).not.toContain('How the amount was found');
  expect(reportCharts(report(null)).some(({ name }) => name === 'sparsity')).toBe(false);
});

test('every try is listed by its zeros, and the one that was taken is marked', () => {
  const summary = summaryMarkdown(report(AUTO));
  const rows = summary.split('\n').filter((line) => /^\| \d+\.0 % /.test(line));
  expect(rows).toEqual([
    '| 30.0 % | 30.0 % | 0.4900 | 0.0100 | ✅ |',
    '| 40.0 % | 40.0 % | 0.4850 | 0.0150 | ✅ **taken** |',
    '| 45.0 % | 45.0 % | 0.4810 | 0.0190 | ❌ too close |',
    '| 50.0 % | 50.0 % | 0.3000 | 0.2000 | ❌ |',
  ]);
  expect(summary).toContain('64 labelled calibration images, none of which is among the 46 that judge it');
  expect(reportHtml(report(AUTO), new Map())).toContain('<strong>40.0 %</strong>');
});

test('what judged it is said, and what was given back', () => {
  const half = summaryMarkdown(report(RESCUE));
  expect(half).toContain('64 of the validation images, and judged by the other 46');
  expect(half).toContain('fewest layers given back');
  expect(half).toContain('| 35.0 % | 2 | 35.0 % |');
  const sweep = summaryMarkdown(report({ ...AUTO, kind: 'sweep', on: 'validation' }));
  expect(sweep).toContain('the 46 images that judge it');
  expect(sweep).not.toContain('standard error');
  const none = summaryMarkdown(report({ ...AUTO, tries: [tried(0.3, 0.1)], chosen: 0 }));
  expect(none).toContain('the gentlest, for none passes');
});

test('the chart says what it shows', () => {
  const chart = reportCharts(report(AUTO)).find(({ name }) => name === 'sparsity')!;
  expect(chart.description).toContain(
    'unpruned 0.5000, at least 0.4800 accepted; taken: 40.0 % zeros with 0.4850',
  );
  expect(chart.svg).toContain('taken');
});
