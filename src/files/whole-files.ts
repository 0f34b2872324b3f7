import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { FileAttributes, FileOperations } from './operations.ts';

/** Bytes of one read or write. */
const CHUNK = 256 << 10;

/** SHA-256 of what a file holds, as lower-case hexadecimal. */
export function hashFile(files: FileOperations, path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  const file = files.openToRead(path);
  try {
    for (let count = files.read(file, buffer); count > 0; count = files.read(file, buffer)) {
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    files.close(file);
  }
  return hash.digest('hex');
}

/**
 * Writes a new file and returns when it is on the disk.
 *
 * @param attributes what it takes over from another file; the owner only where the system allows it.
 */
export function writeNewFile(
  files: FileOperations,
  path: string,
  bytes: Uint8Array,
  attributes: Partial<FileAttributes>,
): void {
  const file = files.create(path, 0o666);
  try {
    for (let written = 0; written < bytes.length; ) {
      written += files.write(file, bytes.subarray(written, written + CHUNK));
    }
    takeOver(files, file, attributes);
    files.sync(file);
  } finally {
    files.close(file);
  }
}

/** Returns when a file that somebody else wrote, and its name, are on the disk. */
export function syncFile(files: FileOperations, path: string): void {
  const file = files.openToRead(path);
  try {
    whereAllowed(() => files.sync(file));
  } finally {
    files.close(file);
  }
  files.syncFolder(dirname(path));
}

/** As far as the system allows: only root gives files away, and some file systems know no modes. */
function takeOver(files: FileOperations, file: number, attributes: Partial<FileAttributes>): void {
  const { uid, gid, mode, accessed, modified } = attributes;
  // The owner comes first, because a change of owner clears bits of the mode.
  if (uid !== undefined && gid !== undefined) whereAllowed(() => files.chown(file, uid, gid));
  if (mode !== undefined) whereAllowed(() => files.chmod(file, mode));
  if (accessed !== undefined && modified !== undefined)
    whereAllowed(() => files.utimes(file, accessed, modified));
}

const NOT_ALLOWED = new Set(['EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

function whereAllowed(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!NOT_ALLOWED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
