import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { isWithin, outside, type Roots } from '../roots.ts';

/** Entries that a walk may visit in all: ten times the largest data sets, and seconds rather than hours of a disk. */
const MAX_ENTRIES = 1_000_000;

/** A folder still to be read, and the real paths of the folders around it. */
interface Folder {
  readonly path: string;
  readonly chain: readonly string[];
}

/** How far a walk goes. */
export interface WalkLimits {
  /** Folders that a link may lead into; by default any. */
  readonly roots?: Roots;
  /** How many files and folders to visit before giving up. */
  readonly maxEntries?: number;
}

/**
 * Every file below `root`, unsorted, as Python's recursive `glob` finds them: without names that start with a dot, be it
 * of files or of folders on the way, and through symbolic links.
 *
 * Other than there a link back to a folder around it is not entered, so that loops end. What cannot be read is left out
 * with a warning.
 *
 * @throws UserError where there are more entries than that: the path is hardly meant; and where a linked folder lies outside of
 *   the roots.
 */
export async function walk(
  root: string,
  warnings: string[],
  { roots = null, maxEntries = MAX_ENTRIES }: WalkLimits = {},
): Promise<string[]> {
  const files: string[] = [];
  const pending: Folder[] = [{ path: root, chain: [await realpath(root)] }];
  let visited = 0;
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    const children = await readFolder(folder.path, warnings);
    visited += children.length;
    if (visited > maxEntries) throw tooManyEntries(root, maxEntries);
    for (const child of children) {
      if (child.name.startsWith('.')) continue;
      const path = join(folder.path, child.name);
      const kind = await kindOfChild(child, path, warnings);
      if (kind === 'file') files.push(path);
      if (kind === 'folder') {
        const real = child.isSymbolicLink() ? await realpath(path) : join(folder.chain.at(-1)!, child.name);
        if (roots !== null && !isWithin(real, roots)) throw outside('Images', path, real, roots);
        if (!folder.chain.includes(real)) pending.push({ path, chain: [...folder.chain, real] });
      }
    }
  }
  return files;
}

async function readFolder(path: string, warnings: string[]): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (thrown) {
    warnings.push(`The folder ${path} could not be read and was left out (${messageOf(thrown)}).`);
    return [];
  }
}

async function kindOfChild(
  child: Dirent,
  path: string,
  warnings: string[],
): Promise<'file' | 'folder' | undefined> {
  if (!child.isSymbolicLink()) return child.isFile() ? 'file' : child.isDirectory() ? 'folder' : undefined;
  try {
    const target = await stat(path);
    return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : undefined;
  } catch (thrown) {
    warnings.push(`The symbolic link ${path} leads nowhere and was left out (${messageOf(thrown)}).`);
    return undefined;
  }
}

function tooManyEntries(root: string, maxEntries: number): UserError {
  return new UserError(
    'dataset',
    `A folder of images must hold at most ${maxEntries} files and folders, but ${root} holds more.`,
    'Point `path` and the split of the data.yaml at the folder of the images, or at a .txt list of them.',
  );
}
