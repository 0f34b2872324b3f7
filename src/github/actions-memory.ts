import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Memory } from '../remember/folder.ts';
import type { KeptParts } from '../runtime/prepare.ts';

const FILE = 'detections.bin';

/** How the Actions cache keeps detections: its folder, and its name in warnings. */
export const KEPT_DETECTIONS = { folder: 'yolo-prune-detections', name: "The unpruned model's detections" };

/**
 * Keeps detections by @actions/cache.
 *
 * @param temp the runner's folder for temporary files.
 * @param saves false where a run may only read.
 */
export function actionsMemory(kept: KeptParts, temp: string, saves: boolean): Memory {
  return {
    recall: (key) =>
      inFolder(temp, async (folder) => {
        if (!(await kept.restore(entryOf(key), folder))) return null;
        return readFile(join(folder, FILE)).catch(() => null);
      }),
    async keep(key, bytes) {
      if (!saves) return;
      await inFolder(temp, async (folder) => {
        await writeFile(join(folder, FILE), bytes);
        await kept.save(entryOf(key), folder);
      });
    },
  };
}

/** What a job of a pull request from another repository saves, the stranger has made. */
export function isFromFork(payload: unknown, repository: string): boolean {
  const { pull_request: request } = payload as {
    readonly pull_request?: { readonly head?: { readonly repo?: { readonly full_name?: string } | null } };
  };
  return request !== undefined && request.head?.repo?.full_name !== repository;
}

function entryOf(key: string): string {
  return `yolo-prune-detections-${key}`;
}

async function inFolder<T>(temp: string, use: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(temp, { recursive: true });
  const folder = await mkdtemp(join(temp, 'yolo-prune-memory-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
