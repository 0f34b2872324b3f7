import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/**
 * Makes room for a file of the report folder. The folder may come with a checkout, and a symbolic link in it lead anywhere: none is
 * written through, neither in the place of the file nor in that of the folder it is in.
 *
 * @param name in the report folder, with at most one folder.
 */
export async function freshPath(report: string, name: string): Promise<string> {
  const path = join(report, name);
  const folder = dirname(path);
  if (resolve(folder) !== resolve(report) && (await lstat(folder).catch(() => null))?.isSymbolicLink())
    await rm(folder);
  await mkdir(folder, { recursive: true });
  await rm(path, { force: true });
  return path;
}
