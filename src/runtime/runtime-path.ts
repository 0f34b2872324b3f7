import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { sha256OfFile } from '../files/hashes.ts';
import type { Log } from '../log.ts';
import { unpackFolder } from './archive.ts';
import { addEntry, findEntry, type PartsCache } from './cache.ts';
import { isIntact, sealedName } from './parts-folder.ts';

/**
 * The folder of the installation that a user names: the path itself, or what an archive holds, unpacked into the cache once.
 *
 * @param caches for the installations that this machine takes.
 * @param work an empty folder on any disk.
 * @throws {UserError} when there is no such path, or the archive is damaged or made for something else.
 */
export async function openRuntimePath(
  given: string,
  caches: readonly PartsCache[],
  work: string,
  log: Pick<Log, 'warning'>,
): Promise<string> {
  const path = resolve(given);
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new UserError(
      'input',
      `runtime-path must be a folder or an archive made by \`npm run runtime:pack\`, but ${given} does not exist.`,
      'Check the path (it is relative to the working directory).',
    );
  }
  if (found.isDirectory()) return path;
  const origin = (await sha256OfFile(path)).slice(0, 16);
  const byHash = caches.map((cache) => ({ ...cache, origin }));
  for (const cache of byHash) {
    const entry = await findEntry(cache);
    if (entry !== null) return entry;
  }
  await unpackFolder(path, work);
  const name = await sealedName(work);
  const cache = byHash.find((candidate) => candidate.name === name);
  if (cache && (await isIntact(work, cache.name))) return addEntry(cache, work, log);
  throw new UserError(
    'input',
    cache
      ? `runtime-path must be an archive as \`npm run runtime:pack\` made it, but files of ${given} are missing or changed.`
      : `runtime-path must hold the native parts ${caches.map((wanted) => wanted.name).join(' or ')}, but ${given} holds ${name ?? 'something else'}.`,
    'Make it again by `npm run runtime:pack` in this version of the action, for this kind of machine.',
  );
}
