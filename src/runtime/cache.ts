import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { isComplete } from './parts-folder.ts';

const TOOL = 'yolo-prune-runtime';

/**
 * A place for installations that several jobs use at once, laid out as @actions/tool-cache does it: `TOOL/VERSION/VARIANT`
 * and a marker `VARIANT.complete`.
 *
 * Its own `cacheDir` will not do: it deletes an entry before it copies the new one, under the feet of a job that runs from it.
 * Here an entry comes into being by one rename, and no entry is ever written to or removed. One that is not whole (somebody
 * else's half copy) is passed over: the next free of the names `VARIANT.1`, `VARIANT.2`, … is used.
 */
export interface PartsCache {
  /** The folder that holds all tools: `RUNNER_TOOL_CACHE`. */
  readonly root: string;
  /** What the installation is: see `partsName`. */
  readonly name: string;
  /** Distinguishes installations of the same name, by the hash of the archive that they came from. */
  readonly origin?: string;
}

/** The folder of a whole installation, or `null`. */
export async function findEntry(cache: PartsCache): Promise<string | null> {
  for (let number = 0; ; number++) {
    const place = placeOf(cache, number);
    if (!existsSync(place)) return null;
    if (await isComplete(place, cache.name)) return place;
  }
}

/**
 * Moves a sealed folder into the cache, unless another job was faster. A cache that cannot be written to only costs time.
 *
 * @returns where the installation is now; without a cache, where it was.
 */
export async function addEntry(
  cache: PartsCache,
  folder: string,
  log: Pick<Log, 'warning'>,
): Promise<string> {
  try {
    return await moveIntoCache(cache, folder);
  } catch (error) {
    log.warning(
      `The native parts cannot be kept in ${cache.root}, so the next run prepares them again: ${messageOf(error)}.`,
    );
    return folder;
  }
}

async function moveIntoCache(cache: PartsCache, folder: string): Promise<string> {
  for (let number = 0; ; number++) {
    const place = placeOf(cache, number);
    await mkdir(dirname(place), { recursive: true });
    if (!existsSync(place) && (await move(folder, place))) {
      // For others who look through the tool cache; what counts here is the listing inside.
      await writeFile(`${place}.complete`, '').catch(() => {});
      return place;
    }
    if (await isComplete(place, cache.name)) return place;
  }
}

function placeOf({ root, name, origin }: PartsCache, number: number): string {
  const ending = [...(origin === undefined ? [] : [`-${origin}`]), ...(number === 0 ? [] : [`.${number}`])];
  return join(root, TOOL, `${name}${ending.join('')}`);
}

/** Moves a folder by a rename, also from another disk; false where something is in its place already. */
async function move(folder: string, place: string): Promise<boolean> {
  try {
    return await renameFolder(folder, place);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
  }
  const beside = `${place}.${randomUUID()}.partial`;
  try {
    await cp(folder, beside, { recursive: true });
    return await renameFolder(beside, place);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Windows refuses to rename while a virus scanner looks at a file, for which it takes a second or two. */
const PAUSES_MS = [50, 100, 200, 400, 800, 1600];

async function renameFolder(from: string, to: string): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(from, to);
      return true;
    } catch (error) {
      if (existsSync(to)) return false;
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '');
      const wait = PAUSES_MS[attempt];
      if (!busy || process.platform !== 'win32' || wait === undefined) throw error;
      await pause(wait);
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The surroundings that a user's cache folder is found by. */
export interface UserFolders {
  readonly platform: string;
  /** The home folder. */
  readonly home: string;
  readonly XDG_CACHE_HOME?: string | undefined;
  readonly LOCALAPPDATA?: string | undefined;
}

/** Where installations are kept outside of a runner: in the user's cache folder, as the system has it. */
export function userCacheFolder({ platform, home, XDG_CACHE_HOME, LOCALAPPDATA }: UserFolders): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  if (platform === 'win32') return LOCALAPPDATA || join(home, 'AppData', 'Local');
  return XDG_CACHE_HOME || join(home, '.cache');
}
