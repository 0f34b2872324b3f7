import { basename, dirname, extname, join } from 'node:path';
import type { FileOperations, FileStatus } from './operations.ts';

/** A verified copy of the original model. */
export interface Backup {
  readonly path: string;
  /** False where a file with the same bytes was there before. */
  readonly created: boolean;
}

/** `NAME.EXT`, then `NAME.1.EXT`, `NAME.2.EXT`, … */
function* numberedPaths(wanted: string): Generator<string, never> {
  yield wanted;
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  for (let number = 1; ; number++) yield `${stem}.${number}${extension}`;
}

/** What is done with the names of {@link numberedPaths}. */
export interface NameRules {
  /** Whether a file that is there has what is wanted, and is used as it is. */
  isSame(path: string, found: FileStatus): boolean;
  /** Writes a file under a name that is free. @returns whether it still was. */
  write(path: string): boolean;
}

/** The first of the names that holds what is wanted, or that it can be written under: another file is never overwritten. */
export function underFreeName(files: FileOperations, wanted: string, { isSame, write }: NameRules): Backup {
  for (const path of numberedPaths(wanted)) {
    const found = files.stat(path);
    if (found?.kind === 'file' && isSame(path, found)) return { path, created: false };
    if (files.lstat(path) === null && write(path)) return { path, created: true };
  }
  throw new Error('There is always a next number.');
}

/** Where a backup lies while it is being written: beside its place, so that it can be given its name at once. */
export function partialPath(backup: string, token: string): string {
  return join(dirname(backup), `.${basename(backup)}.${token}.partial`);
}

/** Whether a path can be one of {@link partialPath}: journals name files to be removed, and may be forged. */
export function isPartialPath(path: string): boolean {
  return /^\..+\.[0-9a-f]{16}\.partial$/.test(basename(path));
}

const NO_HARD_LINKS = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EINVAL']);

/**
 * Gives a complete file the name it is meant for, unless another file has it: `rename` would replace that one, a second
 * name does not. File systems without hard links get a rename after a look.
 *
 * @returns whether the name was free.
 */
export function publish(files: FileOperations, partial: string, path: string): boolean {
  try {
    files.link(partial, path);
    files.remove(partial);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_HARD_LINKS.has(code)) throw error;
    if (files.lstat(path) !== null) return false;
    files.rename(partial, path);
  }
  files.syncFolder(dirname(path));
  return true;
}
