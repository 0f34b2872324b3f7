import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { packFolder, unpackFolder } from '../../src/runtime/archive.ts';
import { filesOf } from '../../src/runtime/parts-folder.ts';
import { temporaryFolder, writeTree } from './surroundings.ts';

const FILES = {
  'b.txt': 'x'.repeat(512),
  'a/empty': '',
  'a/short': 'y',
  [`${'long/'.repeat(25)}name.txt`]: 'z'.repeat(513),
};

async function packed(files: Readonly<Record<string, string>> = FILES): Promise<string> {
  const root = await temporaryFolder();
  await writeTree(join(root, 'folder'), files);
  await packFolder(join(root, 'folder'), join(root, 'a.tar.gz'));
  return join(root, 'a.tar.gz');
}

it('unpacks to the same files', async () => {
  const folder = await temporaryFolder();
  await unpackFolder(await packed(), folder);
  const found = await Promise.all(
    (await filesOf(folder)).map(async (path) => [path, await readFile(join(folder, path), 'utf8')]),
  );
  expect(Object.fromEntries(found)).toEqual(FILES);
});

it('writes what tar reads: sorted, of nobody, from 1970, readable by all', async () => {
  const listing = execFileSync('tar', ['-tvzf', '-'], {
    input: await readFile(await packed()),
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  });
  const lines = listing.trim().split('\n');
  expect(lines.map((line) => line.split(' ').at(-1))).toEqual(Object.keys(FILES).sort());
  for (const line of lines) expect(line).toMatch(/^-rw-r--r-- .*1970/);
});

it('makes the same bytes of the same files, whatever their times, modes and order', async () => {
  const one = await packed();
  const other = await packed(Object.fromEntries(Object.entries(FILES).reverse()));
  const again = join(await temporaryFolder(), 'b.tar.gz');
  await utimes(join(other, '..', 'folder', 'b.txt'), 1, 2);
  await packFolder(join(other, '..', 'folder'), again);
  expect((await readFile(other)).equals(await readFile(one))).toBe(true);
  expect((await readFile(again)).equals(await readFile(one))).toBe(true);
});

it('refuses a path that does not fit in the format', async () => {
  await expect(packed({ ['n'.repeat(101)]: '' })).rejects.toThrow('too long for a tar archive');
});

it('refuses half an archive, and what is none', async () => {
  const archive = await packed();
  await truncate(archive, (await stat(archive)).size - 20);
  const folder = join(await temporaryFolder(), 'to');
  await mkdir(folder);
  await expect(unpackFolder(archive, folder)).rejects.toMatchObject({ kind: 'input' });
  await writeFile(archive, 'not an archive');
  await expect(unpackFolder(archive, folder)).rejects.toThrow(
    /^runtime-path must be a \.tar\.gz made by .* cannot be unpacked: incorrect header check/,
  );
});

it.skipIf(process.platform === 'win32')(
  'takes it that tar hangs up before the end, if tar is content',
  async () => {
    const folder = await writeTree(await temporaryFolder(), { a: randomBytes(4 << 20).toString('hex') });
    const archive = join(await temporaryFolder(), 'a.tar.gz');
    await packFolder(folder, archive);
    const commands = await writeTree(await temporaryFolder(), { tar: '#!/bin/sh\nexit 0\n' });
    await chmod(join(commands, 'tar'), 0o755);
    vi.stubEnv('PATH', commands);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(unpackFolder(archive, await temporaryFolder())).resolves.toBeUndefined();
  },
);
