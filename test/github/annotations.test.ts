import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { annotateVerdict } from '../../src/github/annotations.ts';
import { reportOf } from '../helpers/sample-report.ts';

let written = '';

beforeEach(() => {
  written = '';
  vi.resetModules();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

function annotated(reasons: readonly string[], kind: 'error' | 'warning', file = 'data.yaml'): string[] {
  const report = reportOf({ pass: false });
  annotateVerdict({ ...report, verdict: { ...report.verdict, reasons } }, file, kind);
  return written.trimEnd().split('\n');
}

describe('the verdict', () => {
  test('is one line a broken rule on data.yaml, the worst first', () => {
    expect(annotated(['mAP50 fell.', 'R fell.'], 'error', 'data/tips.yaml')).toEqual([
      '::error title=YOLO Prune,file=data/tips.yaml::mAP50 fell.',
      '::error title=YOLO Prune,file=data/tips.yaml::R fell.',
    ]);
  });

  test('only warns where a drop is to be reported alone', () => {
    expect(annotated(['mAP50 fell.'], 'warning')).toEqual([
      '::warning title=YOLO Prune,file=data.yaml::mAP50 fell.',
    ]);
  });

  test.each([
    [10, 10, 'rule 10'],
    [11, 10, '2 more rules failed.'],
    [80, 10, '71 more rules failed.'],
  ])('of %i rules GitHub shows %i lines, the last is `%s`', (rules, lines, last) => {
    const all = annotated(
      Array.from({ length: rules }, (_, i) => `rule ${i + 1}`),
      'error',
    );
    expect(all).toHaveLength(lines);
    expect(all.at(-1)).toMatch(new RegExp(`::${last}$`));
  });
});

describe('warnings of the log', () => {
  test('are nine and one that tells of more; all stand in the log', async () => {
    const { actionsLog } = await import('../../src/github/log.ts');
    for (let i = 1; i <= 12; i++) actionsLog.warning(`image ${i} cannot be read`);
    const lines = written.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('::warning'))).toEqual([
      ...Array.from({ length: 9 }, (_, i) => `::warning::image ${i + 1} cannot be read`),
      '::warning::There are more warnings: see the log of this step.',
    ]);
    expect(lines.filter((line) => line.startsWith('Warning: '))).toEqual([
      'Warning: image 10 cannot be read',
      'Warning: image 11 cannot be read',
      'Warning: image 12 cannot be read',
    ]);
  });
});

describe('names from outside are harmless', () => {
  test.each([
    '<img src=x onerror=alert(1)>',
    'line\nbreak\r\n::error::x',
    '%0A::error::x',
    'a | b `code`',
    'x'.repeat(4000),
    '\u202eright to left\u0007',
  ])('%j', async (name) => {
    const { actionsLog } = await import('../../src/github/log.ts');
    annotated([`Class ${name} fell.`], 'error');
    actionsLog.warning(`${name} cannot be read`);
    actionsLog.info(`${name} cannot be read`);
    const commands = written.split('\n').filter((line) => /^\s*::|##\[/.test(line));
    expect(commands).toEqual([
      expect.stringMatching(/^::error title=YOLO Prune,file=data\.yaml::Class .*$/),
      expect.stringMatching(/^::warning::/),
    ]);
    expect(written).not.toMatch(/\r|\u202e|\p{Cc}(?<!\n)/u);
    expect(written.trimEnd().split('\n')).toHaveLength(3);
    expect(commands[0]!.length).toBeLessThan(4096);
  });
});
