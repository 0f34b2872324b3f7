import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import AdmZip from 'adm-zip';
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
    /^runtime-path must be a \.tar\.gz made by .* is none: it cannot be unpacked: incorrect header check/,
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

interface Entry {
  readonly name: string;
  /** ustar's type: 0 file, 1 hard link, 2 symbolic link, 6 FIFO. */
  readonly type?: '0' | '1' | '2' | '6';
  readonly link?: string;
  readonly content?: string;
}

/** A .tar.gz as nobody's `tar` would make it. */
function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = '0', link = '', content = '' }) => {
    const header = Buffer.alloc(512);
    const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
    const fields: readonly (readonly [number, string])[] = [
      [0, name],
      [100, octal(0o644, 7)],
      [124, octal(content.length, 11)],
      [136, octal(0, 11)],
      [148, ' '.repeat(8)],
      [156, type],
      [157, link],
      [257, 'ustar\u000000'],
    ];
    for (const [offset, text] of fields) header.write(text, offset);
    header.write(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        6,
      )} `,
      148,
    );
    return [header, Buffer.from(content), Buffer.alloc(-content.length & 511)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

it.each<readonly [string, readonly Entry[]]>([
  ['../', [{ name: '../out', content: 'x' }]],
  ['a/../../', [{ name: 'a/../../out', content: 'x' }]],
  [
    'a file behind a symbolic link',
    [
      { name: 'a', type: '2', link: '..' },
      { name: 'a/out', content: 'x' },
    ],
  ],
  [
    'a file in the place of a symbolic link',
    [
      { name: 'a', type: '2', link: '../out' },
      { name: 'a', content: 'x' },
      { name: 'b', type: '2', link: '../out' },
    ],
  ],
  ['a symbolic link to elsewhere', [{ name: 'a', type: '2', link: '/etc/passwd' }]],
  ['a symbolic link within', [{ name: 'a', type: '2', link: 'b' }]],
  ['a hard link to elsewhere', [{ name: 'a', type: '1', link: '../secret' }]],
  ['a FIFO', [{ name: 'a', type: '6' }]],
])('refuses %s, and nothing outside of the folder is made or changed', async (_, entries) => {
  const root = await writeTree(await temporaryFolder(), { secret: 'of somebody', 'to/own': '' });
  await writeFile(join(root, 'hostile.tar.gz'), tarOf(entries));
  const refused = unpackFolder(join(root, 'hostile.tar.gz'), join(root, 'to'));
  await expect(refused).rejects.toMatchObject({ kind: 'input' });
  await expect(refused).rejects.toThrow(
    /^runtime-path must be a \.tar\.gz .* is none: it .*make the archive again/,
  );
  expect((await readdir(root)).sort()).toEqual(['hostile.tar.gz', 'secret', 'to']);
  expect(await readFile(join(root, 'secret'), 'utf8')).toBe('of somebody');
});

it('takes absolute paths for paths within the folder', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'to'));
  const outside = join(root, 'out');
  await writeFile(join(root, 'hostile.tar.gz'), tarOf([{ name: outside, content: 'x' }]));
  // Some refuse them instead.
  await unpackFolder(join(root, 'hostile.tar.gz'), join(root, 'to')).catch((error) =>
    expect(error).toMatchObject({ kind: 'input' }),
  );
  expect((await readdir(root)).sort()).toEqual(['hostile.tar.gz', 'to']);
});

it('refuses a zip with ../', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'to'));
  const zip = new AdmZip();
  zip.addFile('a', Buffer.from('x'));
  zip.getEntries()[0]!.entryName = '../out';
  await writeFile(join(root, 'hostile.zip'), zip.toBuffer());
  await expect(unpackFolder(join(root, 'hostile.zip'), join(root, 'to'))).rejects.toThrow(/is none/);
  expect((await readdir(root)).sort()).toEqual(['hostile.zip', 'to']);
});
