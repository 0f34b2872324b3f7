import { cp, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KeptParts } from './prepare.ts';

/**
 * Keeps installations by @actions/cache, for runners that start from nothing. A service that fails only warns.
 *
 * @param temp the runner's folder for temporary files: nobody but this job uses it.
 */
export function actionsCache(temp: string, log: Pick<Log, 'warning'>): KeptParts {
  // The service finds an entry again only under the path that it was saved from.
  const folder = join(temp, 'yolo-prune-runtime');
  return {
    async restore(key, destination) {
      return attempt('restored from', log, async () => {
        await rm(folder, { recursive: true, force: true });
        if ((await restoreCache([folder], key)) === undefined) return false;
        await rmdir(destination);
        await rename(folder, destination);
        return true;
      });
    },
    async save(key, source) {
      await attempt('saved to', log, async () => {
        await cp(source, folder, { recursive: true });
        try {
          await saveCache([folder], key);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
        return true;
      });
    },
  };
}

async function attempt(
  direction: string,
  log: Pick<Log, 'warning'>,
  work: () => Promise<boolean>,
): Promise<boolean> {
  if (!isFeatureAvailable()) return false;
  try {
    return await work();
  } catch (error) {
    log.warning(`The native parts could not be ${direction} the Actions cache: ${messageOf(error)}.`);
    return false;
  }
}
