import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import { beforeEach, expect, it, vi } from 'vitest';
import { actionsCache } from '../../src/runtime/actions-cache.ts';
import { filesOf } from '../../src/runtime/parts-folder.ts';
import { temporaryFolder, writeTree } from './surroundings.ts';

vi.mock('@actions/cache');

const warnings: string[] = [];
const log = { warning: (line: string) => void warnings.push(line) };

beforeEach(() => {
  warnings.length = 0;
  vi.resetAllMocks();
  vi.mocked(isFeatureAvailable).mockReturnValue(true);
});

it('saves under the path from which it restores', async () => {
  const root = await temporaryFolder();
  const source = await writeTree(join(root, 'tools'), { 'a/b.txt': 'content' });
  const stored: Record<string, string> = {};
  vi.mocked(saveCache).mockImplementation(async ([folder], key) => {
    for (const path of await filesOf(folder!)) stored[path] = await readFile(join(folder!, path), 'utf8');
    expect(key).toBe('key');
    return 1;
  });
  vi.mocked(restoreCache).mockImplementation(async ([folder]) => {
    await writeTree(folder!, stored);
    return 'key';
  });

  const kept = actionsCache(join(root, 'temp'), log);
  await mkdir(join(root, 'temp/work'), { recursive: true });
  await kept.save('key', source);
  expect(await filesOf(join(root, 'temp'))).toEqual([]);
  expect(await kept.restore('key', join(root, 'temp/work'))).toBe(true);
  expect(await filesOf(join(root, 'temp'))).toEqual(['work/a/b.txt']);
  expect(vi.mocked(restoreCache).mock.calls[0]).toEqual([[join(root, 'temp/yolo-prune-runtime')], 'key']);
  expect(vi.mocked(saveCache).mock.calls[0]).toEqual(vi.mocked(restoreCache).mock.calls[0]);
  expect(warnings).toEqual([]);
});

it('restores nothing where nothing was kept', async () => {
  vi.mocked(restoreCache).mockResolvedValue(undefined);
  const work = await temporaryFolder();
  expect(await actionsCache(await temporaryFolder(), log).restore('key', work)).toBe(false);
  expect(await filesOf(work)).toEqual([]);
  expect(warnings).toEqual([]);
});

it('only warns when the service fails', async () => {
  vi.mocked(restoreCache).mockRejectedValue(new Error('no service'));
  vi.mocked(saveCache).mockRejectedValue(new Error('no room'));
  const kept = actionsCache(await temporaryFolder(), log);
  expect(await kept.restore('key', await temporaryFolder())).toBe(false);
  await kept.save('key', await temporaryFolder());
  expect(warnings).toEqual([
    'The native parts could not be restored from the Actions cache: no service.',
    'The native parts could not be saved to the Actions cache: no room.',
  ]);
});

it('does nothing where there is no service', async () => {
  vi.mocked(isFeatureAvailable).mockReturnValue(false);
  const kept = actionsCache(await temporaryFolder(), log);
  expect(await kept.restore('key', await temporaryFolder())).toBe(false);
  await kept.save('key', await temporaryFolder());
  expect(restoreCache).not.toHaveBeenCalled();
  expect(saveCache).not.toHaveBeenCalled();
});
