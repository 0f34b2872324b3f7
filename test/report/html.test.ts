import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportCharts } from '../../src/report/charts/charts.ts';
import { reportHtml } from '../../src/report/html.ts';
import { findChromium, inspectPage } from '../helpers/chromium.ts';
import { reportOf } from '../helpers/sample-report.ts';

const PICTURES = new Map([['pictures/01.jpg', Buffer.from('a picture')]]);
const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '</text><script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  '::error::x',
  'a | b',
  '`code`',
  'line\nbreak',
  'x'.repeat(4000),
  '\u202eright to left',
  'שלום',
];

test('the page tells the verdict, the figures and what was lost, without anything from elsewhere', () => {
  const page = reportHtml(reportOf({ pass: false }), PICTURES);
  for (const text of [
    'Failed',
    '0.5123 → 0.3000',
    '0.2123',
    'fell by 0.2123',
    'lost: cat',
    'one.jpg',
    '5.20 MB',
  ])
    expect(page).toContain(text);
  expect(page).not.toMatch(/<script|<link|@import|url\((?!#)|https?:\/\/(?!www\.w3\.org)/);
  expect(page).toContain(`data:image/jpeg;base64,${Buffer.from('a picture').toString('base64')}`);
});

test('the page tells where the unpruned model was remembered', () => {
  const report = reportOf();
  const remembered = { ...report, timing: { ...report.timing, unprunedRemembered: true } };
  expect(reportHtml(report, PICTURES)).not.toContain('remembered');
  expect(reportHtml(remembered, PICTURES)).toContain('the unpruned model was remembered from an earlier run');
});

test('every chart stands for itself, with ids of its own', () => {
  const charts = reportCharts(reportOf());
  expect(charts.map(({ name }) => name)).toEqual([
    'drop-histogram',
    'class-drops',
    'precision-recall',
    'f1-confidence',
    'precision-confidence',
    'recall-confidence',
    'confusion-before',
    'confusion-after',
    'layers',
    'layer-errors',
  ]);
  for (const { svg } of charts) expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
  const ids = [...reportHtml(reportOf(), PICTURES, charts).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

/** The tags of a page without what stands in quotes: what a browser takes for elements and names of attributes. */
function tags(page: string): string {
  return (page.match(/<[a-z!/](?:"[^"]*"|[^>"])*>/gi) ?? []).join('').replace(/"[^"]*"/g, '""');
}

describe('names from outside are text', () => {
  test.each(HOSTILE)('%j', (name) => {
    const report = reportOf({
      className: name,
      path: `runs/${name}.onnx`,
      picturePath: `/images/${name}.jpg`,
    });
    const page = reportHtml(report, PICTURES);
    expect(tags(page)).not.toMatch(/<img|<script|onerror|onload|\u202e/);
    expect(page.match(/<svg/g)).toHaveLength(reportHtml(reportOf(), PICTURES).match(/<svg/g)!.length);
    for (const { svg } of reportCharts(report))
      expect(tags(svg)).not.toMatch(/<img|<script|onerror|onload|\u202e/);
  });
});

const chromium = findChromium();
if (chromium === null)
  process.stderr.write('SKIPPED: no Chromium here to open report.html in (CHROMIUM names one elsewhere).\n');

describe.skipIf(chromium === null)('in a browser', () => {
  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    '%i pixels, %s: no error, no request, no overflow, nothing serious for axe-core',
    async (width, scheme) => {
      const path = join(await mkdtemp(join(tmpdir(), 'page-')), 'report.html');
      const report = reportOf({
        className: 'x'.repeat(4000),
        path: `runs/${'long'.repeat(500)}.onnx`,
        pass: false,
      });
      const rule = {
        rule: 'max-drop',
        subject: HOSTILE[0]!,
        pass: false,
        measured: 1,
        limit: 0,
        says: HOSTILE[0]!,
      };
      const verdict = { ...report.verdict, rules: [rule, rule], warnings: [HOSTILE[0]!] };
      await writeFile(path, reportHtml({ ...report, verdict }, PICTURES));
      expect(await inspectPage(chromium!, path, { width, scheme, screenshot: null })).toEqual([]);
    },
  );

  test('what is wrong with a page is found', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'page-')), 'report.html');
    const page =
      '<html><body><img src="elsewhere.png"><div style="width:900px">wide</div><script>x.y</script></body></html>';
    await writeFile(path, page);
    const problems = await inspectPage(chromium!, path, { width: 390, scheme: 'light', screenshot: null });
    for (const kind of ['request: ', 'script error: ', 'overflow: ', 'axe: '])
      expect(
        problems.some((problem) => problem.startsWith(kind)),
        kind,
      ).toBe(true);
  });
});
