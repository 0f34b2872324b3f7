import { expect, test } from 'vitest';
import type { Log } from '../src/log.ts';
import { warnOfUnreadable } from '../src/unreadable.ts';

function warningsFor(files: number): readonly string[] {
  const lines: string[] = [];
  const log: Log = { info: () => {}, warning: (line) => lines.push(line), group: (_, phase) => phase() };
  const warnings = warnOfUnreadable(log, 'It does not count.');
  for (let i = 1; i <= files; i++) warnings.add(`${i}.jpg is no picture.`);
  warnings.end();
  return lines;
}

test('a few unreadable files are all named', () => {
  expect(warningsFor(0)).toEqual([]);
  expect(warningsFor(5)).toHaveLength(5);
  expect(warningsFor(5)[4]).toBe('5.jpg is no picture. It does not count.');
});

test('of many, the first are named and the others counted: GitHub shows ten warnings a step', () => {
  const lines = warningsFor(40);
  expect(lines).toHaveLength(6);
  expect(lines.at(-1)).toBe('35 more files cannot be read (40 in all).');
});
