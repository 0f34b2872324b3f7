import {
  type BigIntStats,
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';

/** What is known of a file without reading it. */
export interface FileStatus {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Which file it is: two paths with the same identity lead to the same bytes. */
  readonly identity: string;
  /** Names that the file has in all (hard links). */
  readonly names: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since 1970, as are all times here. */
  readonly accessed: number;
  readonly modified: number;
}

/** Mode, owner and times, as far as one file takes them over from another. */
export type FileAttributes = Pick<FileStatus, 'mode' | 'uid' | 'gid' | 'accessed' | 'modified'>;

/**
 * Everything that the file protocol asks of the system, one system call each, so that tests can fail or end the world at
 * every single one.
 *
 * They are synchronous on purpose: a signal handler never finds one half done, and can itself clean up with them.
 */
export interface FileOperations {
  /** `null` where nothing is there; follows symbolic links. */
  stat(path: string): FileStatus | null;
  /** The same without following the last link. */
  lstat(path: string): FileStatus | null;
  realpath(path: string): string;
  mkdir(path: string): void;
  /** Removes an empty folder. */
  rmdir(path: string): void;
  openToRead(path: string): number;
  /** Makes a new file to write to; fails where anything has that name. */
  create(path: string, mode: number): number;
  /** @returns bytes read; 0 at the end of the file. */
  read(file: number, into: Uint8Array): number;
  /** @returns bytes written, perhaps fewer than given. */
  write(file: number, bytes: Uint8Array): number;
  chown(file: number, uid: number, gid: number): void;
  chmod(file: number, mode: number): void;
  utimes(file: number, accessed: number, modified: number): void;
  /** Returns when the file's bytes and attributes are on the disk. */
  sync(file: number): void;
  close(file: number): void;
  /** Takes the place of what is at `to`, at once. */
  rename(from: string, to: string): void;
  /** Gives a file a second name; fails where anything has that name. */
  link(from: string, to: string): void;
  /** Removes a file or link, if it is there. */
  remove(path: string): void;
  /** Returns when the names in a folder are on the disk. */
  syncFolder(path: string): void;
}

/** Whole numbers of 64 bits, as NTFS has them for identities. */
const EXACT = { bigint: true, throwIfNoEntry: false } as const;

/** The file system itself. */
export const realFiles: FileOperations = {
  stat: (path) => statusOf(statSync(path, EXACT)),
  lstat: (path) => statusOf(lstatSync(path, EXACT)),
  realpath: (path) => realpathSync.native(path),
  mkdir: (path) => mkdirSync(path),
  rmdir: (path) => rmdirSync(path),
  openToRead: (path) => openSync(path, 'r'),
  create: (path, mode) => openSync(path, 'wx', mode),
  read: (file, into) => readSync(file, into),
  write: (file, bytes) => writeSync(file, bytes),
  chown: (file, uid, gid) => fchownSync(file, uid, gid),
  chmod: (file, mode) => fchmodSync(file, mode),
  utimes: (file, accessed, modified) => futimesSync(file, accessed / 1000, modified / 1000),
  sync: (file) => fsyncSync(file),
  close: (file) => closeSync(file),
  rename: (from, to) => renameSync(from, to),
  link: (from, to) => linkSync(from, to),
  remove: (path) => rmSync(path, { force: true }),
  syncFolder,
};

function statusOf(stats: BigIntStats | undefined): FileStatus | null {
  if (!stats) return null;
  const { dev, ino, nlink, mode, uid, gid, atimeNs, mtimeNs } = stats;
  return {
    kind: kindOf(stats),
    identity: `${dev}:${ino}`,
    names: Number(nlink),
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    accessed: Number(atimeNs) / 1e6,
    modified: Number(mtimeNs) / 1e6,
  };
}

function kindOf(stats: BigIntStats): FileStatus['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/** Windows cannot open folders, and makes renames durable by itself. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
