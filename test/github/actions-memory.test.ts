import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { actionsMemory, isFromFork } from '../../src/github/actions-memory.ts';

test.each([
  [{}, false],
  [{ pull_request: { head: { repo: { full_name: 'me/mine' } } } }, false],
  [{ pull_request: { head: { repo: { full_name: 'stranger/mine' } } } }, true],
  // The fork has been deleted since.
  [{ pull_request: { head: { repo: null } } }, true],
])('%j', (payload, fork) => {
  expect(isFromFork(payload, 'me/mine')).toBe(fork);
});

test('what is kept is recalled, and nothing is saved where only reading is allowed', async () => {
  const temp = await mkdtemp(join(tmpdir(), 'memory-'));
  const service = await mkdtemp(join(tmpdir(), 'service-'));
  const saved: string[] = [];
  const kept = {
    restore: async (key: string, folder: string) => {
      if (!saved.includes(key)) return false;
      await cp(join(service, key), folder, { recursive: true });
      return true;
    },
    save: async (key: string, folder: string) => {
      saved.push(key);
      await cp(folder, join(service, key), { recursive: true });
    },
  };
  await actionsMemory(kept, temp, false).keep('k', Uint8Array.of(1));
  expect(saved).toEqual([]);
  const memory = actionsMemory(kept, temp, true);
  expect(await memory.recall('k')).toBeNull();
  await memory.keep('k', Uint8Array.of(1, 2));
  expect(saved).toEqual(['yolo-prune-detections-k']);
  expect([...(await memory.recall('k'))!]).toEqual([1, 2]);
  expect([...(await readFile(join(service, 'yolo-prune-detections-k', 'detections.bin')))]).toEqual([1, 2]);
});
