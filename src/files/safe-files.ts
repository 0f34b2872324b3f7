import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, open, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { messageOf, UserError } from '../errors.ts';

/** A verified copy of the original model. */
export interface Backup {
  readonly path: string;
  /** False where a file with the same bytes was there before. */
  readonly created: boolean;
}

/** SHA-256 of a file's bytes, as lower-case hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** SHA-256 of bytes in memory, as lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Copies `original` to `wanted` (or the next free `NAME.1.EXT`, `NAME.2.EXT`, …) and makes sure that the copy is on the
 * disk with the very same bytes. A file with other bytes is never overwritten; one with the same bytes is used as it is.
 *
 * @param sha256Expected hash of the bytes that were read and are about to be pruned.
 * @throws {UserError} when the copy cannot be written, or when the file changed since it was read.
 */
export async function backUp(original: string, wanted: string, sha256Expected: string): Promise<Backup> {
  for (let number = 0; ; number++) {
    const path = number === 0 ? wanted : numbered(wanted, number);
    if (await exists(path)) {
      if ((await sha256OfFile(path)) === sha256Expected) return { path, created: false };
      continue;
    }
    await copyVerified(original, path, sha256Expected);
    return { path, created: true };
  }
}

/**
 * Where the backup of unchanged bytes would be found again: `wanted` where a file is there.
 */
export async function existingBackup(wanted: string): Promise<string | null> {
  return (await exists(wanted)) ? wanted : null;
}

async function copyVerified(original: string, path: string, sha256Expected: string): Promise<void> {
  const partial = temporaryBeside(path);
  try {
    await copyFile(original, partial, constants.COPYFILE_EXCL);
    const { atime, mtime } = await stat(original);
    await utimes(partial, atime, mtime);
    await syncFile(partial);
    const found = await sha256OfFile(partial);
    if (found !== sha256Expected) {
      throw new UserError(
        'files',
        `The backup of ${original} must have SHA-256 ${sha256Expected}, but the copy has ${found}.`,
        'The model changed while it was being read: let the step that writes it finish first.',
      );
    }
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw asUserError(error, `The backup ${path} cannot be written`);
  }
}

/**
 * Writes a candidate beside its destination, flushed to the disk, under a name nobody else uses.
 *
 * @returns the candidate's path: pass it to {@link putInPlace} or {@link discard}.
 * @throws {UserError} when the folder cannot be written to.
 */
export async function writeCandidate(destination: string, bytes: Uint8Array): Promise<string> {
  const path = temporaryBeside(await linkTarget(destination));
  try {
    const file = await open(path, 'wx', await modeOf(destination));
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw asUserError(error, `The pruned model cannot be written beside ${destination}`);
  }
}

/**
 * Renames a candidate over its destination: readers see the old file or the new one, never a part. A symbolic link stays,
 * its target is replaced.
 *
 * @throws {UserError} when the rename fails; the destination is then as it was.
 */
export async function putInPlace(candidate: string, destination: string): Promise<void> {
  const target = await linkTarget(destination);
  try {
    await rename(candidate, target);
    await syncFolder(dirname(target));
  } catch (error) {
    throw asUserError(error, `The pruned model cannot be put in place at ${destination}`);
  }
}

/** Removes a candidate that was not put in place. */
export async function discard(candidate: string): Promise<void> {
  await rm(candidate, { force: true });
}

async function linkTarget(path: string): Promise<string> {
  return (await exists(path)) ? realpath(path) : path;
}

async function modeOf(path: string): Promise<number> {
  return (await exists(path)) ? (await stat(path)).mode & 0o777 : 0o666;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw asUserError(error, `${path} cannot be looked at`);
  }
}

function numbered(path: string, number: number): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.${number}${extension}`;
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename durable; systems that cannot open folders (Windows) do so by themselves. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function asUserError(error: unknown, what: string): Error {
  if (error instanceof UserError) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  if (!code) return error instanceof Error ? error : new Error(messageOf(error));
  const where = path && relative(process.cwd(), path) ? ` (${path})` : '';
  const remedy =
    code === 'ENOSPC'
      ? 'Free some space: the original, its backup and the pruned copy must fit.'
      : 'Check that the folder exists and may be written to, or name another with `backup` and `output`.';
  return new UserError('files', `${what}${where}: ${messageOf(error)}.`, remedy, { cause: error });
}
