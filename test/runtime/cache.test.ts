import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { find } from '@actions/tool-cache';
import { expect, it, onTestFinished, vi } from 'vitest';
import { addEntry, findEntry, type PartsCache, userCacheFolder } from '../../src/runtime/cache.ts';
import { isComplete, isIntact, seal } from '../../src/runtime/parts-folder.ts';
import { temporaryFolder, writeTree } from './surroundings.ts';

vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>();
  return { ...real, rename: vi.fn(real.rename) };
});

const NAME = '1.2.3-sharp.4.5.6/linux-x64-glibc-0123abcd';
const silent = { warning: () => {} };

async function emptyCache(): Promise<PartsCache> {
  return { root: join(await temporaryFolder(), 'tools'), name: NAME };
}

async function sealed(content = 'content'): Promise<string> {
  const folder = await writeTree(await temporaryFolder(), { 'a/b.txt': content, 'package.json': '{}' });
  await seal(folder, NAME);
  return folder;
}

it('finds nothing in an empty cache, and what was added afterwards', async () => {
  const cache = await emptyCache();
  expect(await findEntry(cache)).toBeNull();
  const place = await addEntry(cache, await sealed(), silent);
  expect(place).toBe(join(cache.root, 'yolo-prune-runtime', NAME));
  expect(await isIntact(place, NAME)).toBe(true);
  expect(await findEntry(cache)).toBe(place);
});

it('lays entries out as @actions/tool-cache looks for them', async () => {
  const cache = await emptyCache();
  const place = await addEntry(cache, await sealed(), silent);
  vi.stubEnv('RUNNER_TOOL_CACHE', cache.root);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  expect(find('yolo-prune-runtime', '1.2.3-sharp.4.5.6', 'linux-x64-glibc-0123abcd')).toBe(place);
});

it('keeps the entry of the job that was faster', async () => {
  const cache = await emptyCache();
  const first = await addEntry(cache, await sealed(), silent);
  expect(await addEntry(cache, await sealed(), silent)).toBe(first);
  expect(await readdir(join(first, '..'))).toHaveLength(2);
});

it.each([
  ['misses a file', (place: string) => rm(join(place, 'a/b.txt'))],
  ['has half a file', (place: string) => writeFile(join(place, 'a/b.txt'), 'con')],
  ['has no listing', (place: string) => rm(join(place, 'native-parts.json'))],
  ['has half a listing', (place: string) => writeFile(join(place, 'native-parts.json'), '{"name": "')],
  ['is of another name', (place: string) => seal(place, 'other')],
])('passes over an entry that %s, and leaves it alone', async (_, damage) => {
  const cache = await emptyCache();
  const broken = await addEntry(cache, await sealed(), silent);
  await damage(broken);
  expect(await findEntry(cache)).toBeNull();
  const place = await addEntry(cache, await sealed(), silent);
  expect(place).toBe(`${broken}.1`);
  expect(await findEntry(cache)).toBe(place);
  expect(existsSync(broken)).toBe(true);
});

it('tells a changed byte by the hash, not by the size', async () => {
  const folder = await sealed();
  await writeFile(join(folder, 'a/b.txt'), 'kontent');
  expect(await isComplete(folder, NAME)).toBe(true);
  expect(await isIntact(folder, NAME)).toBe(false);
});

it('separates installations of the same name by their origin', async () => {
  const cache = await emptyCache();
  await addEntry({ ...cache, origin: 'abc' }, await sealed(), silent);
  expect(await findEntry(cache)).toBeNull();
  expect(await findEntry({ ...cache, origin: 'abc' })).toMatch(/-abc$/);
});

it('copies from another disk, and only then renames', async () => {
  const cache = await emptyCache();
  vi.mocked(rename).mockRejectedValueOnce(Object.assign(new Error('other disk'), { code: 'EXDEV' }));
  const place = await addEntry(cache, await sealed(), silent);
  expect(await isIntact(place, NAME)).toBe(true);
  const parent = join(place, '..');
  expect((await readdir(parent)).sort()).toEqual(
    [`${NAME.split('/')[1]}`, `${NAME.split('/')[1]}.complete`].sort(),
  );
});

it('goes on with the folder itself where the cache is not a folder', async () => {
  const root = await temporaryFolder();
  const file = join(await writeTree(root, { file: '' }), 'file');
  const warnings: string[] = [];
  const folder = await sealed();
  const log = { warning: (line: string) => void warnings.push(line) };
  expect(await addEntry({ root: file, name: NAME }, folder, log)).toBe(folder);
  expect(await isIntact(folder, NAME)).toBe(true);
  expect(warnings).toEqual([expect.stringContaining(`cannot be kept in ${file}`)]);
});

it.each([
  [{ platform: 'linux', home: '/h' }, '/h/.cache'],
  [{ platform: 'linux', home: '/h', XDG_CACHE_HOME: '/c' }, '/c'],
  [{ platform: 'linux', home: '/h', XDG_CACHE_HOME: '', LOCALAPPDATA: '/l' }, '/h/.cache'],
  [{ platform: 'darwin', home: '/h', XDG_CACHE_HOME: '/c' }, '/h/Library/Caches'],
  [{ platform: 'win32', home: '/h', LOCALAPPDATA: '/l' }, '/l'],
  [{ platform: 'win32', home: '/h' }, '/h/AppData/Local'],
])('%o keeps caches in %s', (folders, expected) => {
  expect(userCacheFolder(folders).replaceAll('\\', '/')).toBe(expected);
});
