import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** Where detections outlive a run, by key. Neither method fails: what cannot be kept only costs time. */
export interface Memory {
  /** @returns the entry's bytes, not checked; `null` where there is none. */
  recall(key: string): Promise<Uint8Array | null>;
  keep(key: string, bytes: Uint8Array): Promise<void>;
}

/** Entries that stay; the oldest go. */
const ENTRIES = 32;
const ENTRY = /^[0-9a-f]{64}\.bin$/;

/** Keeps entries as files of one folder, which is made where it is missing. */
export function folderMemory(folder: string, log: Pick<Log, 'warning'>): Memory {
  const pathOf = (key: string) => join(folder, `${key}.bin`);
  return {
    recall: (key) => readFile(pathOf(key)).catch(() => null),
    async keep(key, bytes) {
      try {
        await mkdir(folder, { recursive: true });
        const partial = join(folder, `${key}.${randomUUID()}.partial`);
        try {
          await writeFile(partial, bytes);
          await rename(partial, pathOf(key));
        } finally {
          await rm(partial, { force: true });
        }
        await removeOldest(folder);
      } catch (error) {
        log.warning(
          `The unpruned model's detections cannot be kept in ${folder}, so the next run finds them anew: ${messageOf(error)}.`,
        );
      }
    },
  };
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => ENTRY.test(name));
  if (names.length <= ENTRIES) return;
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), time: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = dated.toSorted((a, b) => b.time - a.time).slice(ENTRIES);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}
