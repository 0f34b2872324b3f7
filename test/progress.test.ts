import { expect, test } from 'vitest';
import type { Log } from '../src/log.ts';
import { progressOf } from '../src/progress.ts';

test('a line every five seconds, none for the last piece', () => {
  const lines: string[] = [];
  const log: Log = { info: (line) => lines.push(line), warning: () => {}, group: (_, phase) => phase() };
  let time = 0;
  const step = progressOf(log, 20, 'images', () => time);
  for (let i = 0; i < 20; i++) {
    time += 1000;
    step();
  }
  expect(lines).toEqual([
    '5 of 20 images, 1.0 images a second, 15 s left',
    '10 of 20 images, 1.0 images a second, 10 s left',
    '15 of 20 images, 1.0 images a second, 5 s left',
  ]);
});
