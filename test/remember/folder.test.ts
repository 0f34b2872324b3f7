import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderMemory } from '../../src/remember/folder.ts';

const keyOf = (number: number) => number.toString(16).padStart(64, '0');

test('keeps entries by key, and forgets the oldest', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'memory-')), 'made');
  const memory = folderMemory(folder, { warning: (line) => expect.unreachable(line) });
  expect(await memory.recall(keyOf(0))).toBeNull();
  for (let i = 0; i < 34; i++) await memory.keep(keyOf(i), Uint8Array.of(i));
  expect(await readdir(folder)).toHaveLength(32);
  expect([...(await memory.recall(keyOf(33)))!]).toEqual([33]);
});

test('a folder that cannot be written to only warns', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'memory-')), 'file');
  await writeFile(file, '');
  const warnings: string[] = [];
  const memory = folderMemory(file, { warning: (line) => void warnings.push(line) });
  await memory.keep(keyOf(1), Uint8Array.of(1));
  expect(await memory.recall(keyOf(1))).toBeNull();
  expect(warnings).toEqual([expect.stringContaining(`cannot be kept in ${file}`)]);
});
