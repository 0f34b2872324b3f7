import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { isWithin, outside, type Roots } from '../roots.ts';

/** Entries that a walk may visit in all: ten times the largest data sets, and seconds rather than hours of a disk. */
const MAX_ENTRIES = 1_000_000;

/** What a linked folder counts for: a few that lead to each other by several links make millions of paths. */
const LINK_COST = 100;

/** The system's own folders: no files, and slow. */
const SYSTEM = new Set(['/proc', '/sys', '/dev']);

/** Sentences about single files and folders, before the rest is only counted. */
const MAX_DETAILS = 10;

/** A folder still to be read, its real path, and the folder around it. */
interface Folder {
  readonly path: string;
  readonly real: string;
  readonly parent: Folder | null;
}

/** How far a walk goes. */
export interface WalkLimits {
  /** Folders that a link may lead into; by default any. */
  readonly roots?: Roots;
  /** How many files and folders to visit before giving up; a linked folder counts for 100. */
  readonly maxEntries?: number;
}

/**
 * Every file below `root` that is wanted, unsorted, as Python's recursive `glob` finds them: without names that start with a dot,
 * be it of files or of folders on the way, and through symbolic links.
 *
 * Other than there a link back to a folder around it is not entered, so that loops end. What cannot be read is left out
 * with a warning. The calls are synchronous: a million entries take seconds, with promises half a minute.
 *
 * @param isWanted Takes a file by its name.
 * @throws UserError where there are more entries than that: the path is hardly meant; and where a linked folder lies outside of
 *   the roots.
 */
export function walk(
  root: string,
  isWanted: (name: string) => boolean,
  warnings: string[],
  { roots = null, maxEntries = MAX_ENTRIES }: WalkLimits = {},
): string[] {
  const files: string[] = [];
  const skipped: string[] = [];
  const pending: Folder[] = [{ path: root, real: realpathSync.native(root), parent: null }];
  let visited = 0;
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    const children = readFolder(folder.path, skipped);
    visited += children.length;
    if (visited > maxEntries) throw tooManyEntries(root, maxEntries);
    for (const child of children) {
      if (child.name.startsWith('.')) continue;
      const kind = kindOfChild(child, folder, skipped);
      if (kind === 'folder') {
        const next = enter(child, folder, roots);
        if (next) pending.push(next);
        if (next && child.isSymbolicLink()) visited += LINK_COST;
      } else if (kind === 'file' && isWanted(child.name)) files.push(join(folder.path, child.name));
    }
  }
  warnings.push(...skipped.slice(0, MAX_DETAILS));
  const more = skipped.length - MAX_DETAILS;
  if (more > 0) warnings.push(`${more} more files and folders below ${root} could not be read.`);
  return files;
}

/** The folder to be read, or nothing where it is one of those around it or of the system. */
function enter(child: Dirent, parent: Folder, roots: Roots): Folder | undefined {
  const path = join(parent.path, child.name);
  const place = join(parent.real, child.name);
  const real = child.isSymbolicLink() ? realpathSync.native(place) : place;
  if (roots !== null && !isWithin(real, roots)) throw outside('Images', path, real, roots);
  if (SYSTEM.has(real)) return undefined;
  for (let around: Folder | null = parent; around; around = around.parent) {
    if (around.real === real) return undefined;
  }
  return { path, real, parent };
}

function readFolder(path: string, warnings: string[]): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (thrown) {
    warnings.push(`The folder ${path} could not be read and was left out (${messageOf(thrown)}).`);
    return [];
  }
}

function kindOfChild(
  child: Dirent,
  { path: folder }: Folder,
  warnings: string[],
): 'file' | 'folder' | undefined {
  if (!child.isSymbolicLink()) return child.isFile() ? 'file' : child.isDirectory() ? 'folder' : undefined;
  const path = join(folder, child.name);
  try {
    const target = statSync(path);
    return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : undefined;
  } catch (thrown) {
    warnings.push(`The symbolic link ${path} leads nowhere and was left out (${messageOf(thrown)}).`);
    return undefined;
  }
}

function tooManyEntries(root: string, maxEntries: number): UserError {
  return new UserError(
    'dataset',
    `A folder of images must hold at most ${maxEntries} files and folders, but ${root} holds more, perhaps by symbolic links.`,
    'Point `path` and the split of the data.yaml at the folder of the images, or at a .txt list of them.',
  );
}
