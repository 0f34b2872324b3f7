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
 * @param cache for the installation that this machine needs.
 * @param work an empty folder on any disk.
 * @throws {UserError} when there is no such path, or the archive is damaged or made for something else.
 */
export async function openRuntimePath(
  given: string,
  cache: PartsCache,
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
  const byHash = { ...cache, origin: (await sha256OfFile(path)).slice(0, 16) };
  return (await findEntry(byHash)) ?? addEntry(byHash, await unpacked(given, path, cache.name, work), log);
}

async function unpacked(given: string, path: string, name: string, work: string): Promise<string> {
  await unpackFolder(path, work);
  if (await isIntact(work, name)) return work;
  const was = await sealedName(work);
  throw new UserError(
    'input',
    was === name
      ? `runtime-path must be an archive as \`npm run runtime:pack\` made it, but files of ${given} are missing or changed.`
      : `runtime-path must hold the native parts ${name}, but ${given} holds ${was ?? 'something else'}.`,
    'Make it again by `npm run runtime:pack` in this version of the action, for this kind of machine.',
  );
}
