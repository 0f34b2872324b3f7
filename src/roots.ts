import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from './errors.ts';

/** Folders that may be read from, as real paths; `null` where everything may. */
export type Roots = readonly string[] | null;

/** Whether a real path lies in one of the roots, or is one. */
export function isWithin(real: string, roots: Roots): boolean {
  return roots === null || roots.some((root) => isInside(real, root));
}

/** Whether a path is a folder or something below it, by their spelling. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Refuses files that lie outside of the roots, or lead there by a symbolic link at any place of their path. Those that do not
 * exist pass.
 *
 * @param what the files are, for the message.
 * @throws {UserError} the first one.
 */
export function refuseOutside(what: string, paths: readonly string[], roots: Roots): void {
  if (roots === null) return;
  const folders = new Map<string, string | undefined>();
  for (const path of paths) {
    const real = realFile(path, folders);
    if (real !== undefined && !isWithin(real, roots)) throw outside(what, path, real, roots);
  }
}

/** Data sets have some hundred thousand files in few folders: each folder is resolved once. */
function realFile(path: string, folders: Map<string, string | undefined>): string | undefined {
  const folder = dirname(path);
  if (!folders.has(folder)) folders.set(folder, realPath(folder));
  const real = folders.get(folder);
  if (real === undefined) return undefined;
  try {
    return lstatSync(path).isSymbolicLink() ? realPath(path) : join(real, basename(path));
  } catch {
    return undefined;
  }
}

/** Where a path leads to in the end, `undefined` where nothing is there. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** What to tell the user about something that is to be read, but lies outside of the roots. */
export function outside(what: string, path: string, real: string, roots: readonly string[]): UserError {
  const leads = path === real ? `${path} does not` : `${path} leads to ${real}`;
  return new UserError(
    'dataset',
    `${what} must lie in ${roots.join(' or ')}, but ${leads}: an action reads only the workspace and what its inputs name.`,
    `If that is meant, add \`allow-read: ${dataFolder(real)}\` to the step.`,
  );
}

/** The folder of a data set: what holds its `images` and `labels`, or else the folder of the file. */
function dataFolder(real: string): string {
  const [, folder] = /^(.+)[\\/](?:images|labels)(?:[\\/].*)?$/.exec(real) ?? [];
  return folder ?? dirname(real);
}
