import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { sha256OfFile } from '../files/hashes.ts';
import { type Lock, manifestOf } from './lock.ts';
import { isNeeded, type Target } from './target.ts';

/** The file that lists all others of an installation, written last. */
const LISTING = 'native-parts.json';

interface Listing {
  /** What the installation is: see `partsName`. */
  readonly name: string;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/** The path to load packages of an installation from: see `loadNativeParts`. */
export function baseOf(folder: string): string {
  return join(folder, 'package.json');
}

/** Writes the manifest and the lock file that `npm ci` installs from. */
export async function writeManifests(folder: string, lock: Lock): Promise<void> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifestOf(lock), null, 2)}\n`);
  await writeFile(join(folder, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
}

/** Removes what a target does not need: other platforms' binaries above all. */
export async function dropUnneeded(folder: string, target: Target): Promise<void> {
  for (const path of await filesOf(folder)) {
    if (!isNeeded(path, target)) await rm(join(folder, path));
  }
}

/** Lists all files with their hashes, which makes the installation complete. */
export async function seal(folder: string, name: string): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const path of await filesOf(folder)) {
    const { size } = await stat(join(folder, path));
    files[path] = { bytes: size, sha256: await sha256OfFile(join(folder, path)) };
  }
  const listing: Listing = { name, files };
  await writeFile(join(folder, LISTING), `${JSON.stringify(listing, null, 2)}\n`);
}

/** What a folder is listed as; `null` without a listing. */
export async function sealedName(folder: string): Promise<string | null> {
  return (await readListing(folder))?.name ?? null;
}

/** Whether a folder holds this installation with every file at its full size. */
export async function isComplete(folder: string, name: string): Promise<boolean> {
  return everyFile(folder, name, async (path, { bytes }) => (await stat(path)).size === bytes);
}

/** Whether a folder holds this installation with every byte as it was: for folders that come from elsewhere. */
export async function isIntact(folder: string, name: string): Promise<boolean> {
  return everyFile(folder, name, async (path, { sha256 }) => (await sha256OfFile(path)) === sha256);
}

async function everyFile(
  folder: string,
  name: string,
  check: (path: string, wanted: Listing['files'][string]) => Promise<boolean>,
): Promise<boolean> {
  const listing = await readListing(folder);
  if (listing?.name !== name) return false;
  for (const [path, wanted] of Object.entries(listing.files)) {
    if (!(await check(join(folder, path), wanted).catch(() => false))) return false;
  }
  return true;
}

async function readListing(folder: string): Promise<Listing | null> {
  try {
    return JSON.parse(await readFile(join(folder, LISTING), 'utf8')) as Listing;
  } catch {
    return null;
  }
}

/** The paths of all files below a folder, relative and with `/`, in the same order on every machine. */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}
