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
 * @param what is kept: the name of its folder, and what it is called in warnings.
 */
export function actionsCache(
  temp: string,
  log: Pick<Log, 'warning'>,
  what = { folder: 'yolo-prune-runtime', name: 'The native parts' },
): KeptParts {
  // The service finds an entry again only under the path that it was saved from.
  const folder = join(temp, what.folder);
  return {
    async restore(key, destination) {
      return attempt(`${what.name} could not be restored from`, log, async () => {
        await rm(folder, { recursive: true, force: true });
        if ((await restoreCache([folder], key)) === undefined) return false;
        await rmdir(destination);
        await rename(folder, destination);
        return true;
      });
    },
    async save(key, source) {
      await attempt(`${what.name} could not be saved to`, log, async () => {
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
  failure: string,
  log: Pick<Log, 'warning'>,
  work: () => Promise<boolean>,
): Promise<boolean> {
  if (!isFeatureAvailable()) return false;
  try {
    return await work();
  } catch (error) {
    log.warning(`${failure} the Actions cache: ${messageOf(error)}.`);
    return false;
  }
}
