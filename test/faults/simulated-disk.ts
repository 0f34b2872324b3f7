import { dirname } from 'node:path';
import type { FileOperations, FileStatus } from '../../src/files/operations.ts';

interface Inode {
  readonly number: number;
  readonly kind: 'file' | 'folder';
  content: Uint8Array;
  /** What of the content is on the disk. */
  durable: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
  accessed: number;
  modified: number;
}

/** A change of names that is not on the disk yet. A rename is one change: it happens, or it does not. */
interface NameChange {
  readonly from?: string;
  readonly to?: string;
  readonly inode: Inode;
}

/** Draws numbers from 0 to below `count`. */
export type Draw = (count: number) => number;

/**
 * A file system in memory that forgets in a power cut whatever it was not told to keep: contents that were not synced come
 * back old, torn, empty or whole, and names whose folder was not synced come back in any mixture of old and new. POSIX
 * promises no more than this; real file systems are kinder.
 */
export class SimulatedDisk implements FileOperations {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #pending: NameChange[] = [];
  #open = new Map<number, { readonly inode: Inode; at: number }>();
  #next = 1;

  /** Puts a file or folder there, safely on the disk. */
  seed(path: string, content: Uint8Array | 'folder'): void {
    const inode = this.#inode(content === 'folder' ? 'folder' : 'file');
    if (content !== 'folder') inode.content = inode.durable = content;
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** What is there: paths of files, with their bytes. */
  list(): ReadonlyMap<string, Uint8Array> {
    const files = [...this.#names].filter(([, { kind }]) => kind === 'file');
    return new Map(files.map(([path, { content }]) => [path, content]));
  }

  /** The machine loses its power and comes up again. */
  cutPower(draw: Draw): void {
    const names = new Map(this.#durableNames);
    for (const change of this.#pending) {
      if (draw(2) === 0) continue;
      if (change.from !== undefined && names.get(change.from) === change.inode) names.delete(change.from);
      if (change.to !== undefined) names.set(change.to, change.inode);
    }
    for (const path of names.keys()) {
      if (path !== '/' && names.get(dirname(path))?.kind !== 'folder') names.delete(path);
    }
    for (const inode of new Set(names.values())) this.#settle(inode, draw);
    this.#names = new Map(names);
    this.#durableNames = names;
    this.#pending = [];
    this.#open.clear();
  }

  stat(path: string): FileStatus | null {
    const inode = this.#names.get(path);
    if (!inode) return null;
    const { number, kind, mode, uid, gid, accessed, modified } = inode;
    const names = [...this.#names.values()].filter((other) => other === inode).length;
    return { kind, identity: String(number), names, mode, uid, gid, accessed, modified };
  }

  lstat(path: string): FileStatus | null {
    return this.stat(path);
  }

  realpath(path: string): string {
    this.#get(path);
    return path;
  }

  mkdir(path: string): void {
    this.#refuseTaken(path);
    this.#change({ to: path, inode: this.#inode('folder') });
  }

  rmdir(path: string): void {
    const inode = this.#get(path);
    if ([...this.#names.keys()].some((other) => dirname(other) === path)) throw failure('ENOTEMPTY', path);
    this.#change({ from: path, inode });
  }

  openToRead(path: string): number {
    return this.#opened(this.#get(path));
  }

  create(path: string, mode: number): number {
    this.#refuseTaken(path);
    const inode = this.#inode('file');
    inode.mode = mode;
    this.#change({ to: path, inode });
    return this.#opened(inode);
  }

  read(file: number, into: Uint8Array): number {
    const opened = this.#open.get(file)!;
    const bytes = opened.inode.content.subarray(opened.at, opened.at + into.length);
    into.set(bytes);
    opened.at += bytes.length;
    return bytes.length;
  }

  /** Writes at most 200 bytes at once, so that there are short writes. */
  write(file: number, bytes: Uint8Array): number {
    const { inode } = this.#open.get(file)!;
    const part = bytes.subarray(0, 200);
    inode.content = Buffer.concat([inode.content, part]);
    return part.length;
  }

  chown(file: number, uid: number, gid: number): void {
    Object.assign(this.#open.get(file)!.inode, { uid, gid });
  }

  chmod(file: number, mode: number): void {
    this.#open.get(file)!.inode.mode = mode;
  }

  utimes(file: number, accessed: number, modified: number): void {
    Object.assign(this.#open.get(file)!.inode, { accessed, modified });
  }

  sync(file: number): void {
    const { inode } = this.#open.get(file)!;
    inode.durable = inode.content;
  }

  close(file: number): void {
    this.#open.delete(file);
  }

  rename(from: string, to: string): void {
    this.#change({ from, to, inode: this.#get(from) });
  }

  link(from: string, to: string): void {
    this.#refuseTaken(to);
    this.#change({ to, inode: this.#get(from) });
  }

  remove(path: string): void {
    const inode = this.#names.get(path);
    if (inode) this.#change({ from: path, inode });
  }

  syncFolder(path: string): void {
    const isHere = (name: string | undefined) => name !== undefined && dirname(name) === path;
    const reached = this.#pending.filter(({ from, to }) => isHere(from) || isHere(to));
    for (const change of reached) apply(this.#durableNames, change);
    this.#pending = this.#pending.filter((change) => !reached.includes(change));
  }

  #change(change: NameChange): void {
    apply(this.#names, change);
    this.#pending.push(change);
  }

  #settle(inode: Inode, draw: Draw): void {
    const { content, durable } = inode;
    const torn = Buffer.concat([content.subarray(0, draw(content.length + 1)), new Uint8Array(draw(8))]);
    const outcomes = content === durable ? [content] : [content, durable, torn, new Uint8Array(0)];
    inode.content = inode.durable = outcomes[draw(outcomes.length)]!;
  }

  #inode(kind: Inode['kind']): Inode {
    const content = new Uint8Array(0);
    const number = this.#next++;
    return { number, kind, content, durable: content, mode: 0o644, uid: 1, gid: 1, accessed: 1, modified: 2 };
  }

  #opened(inode: Inode): number {
    const file = this.#next++;
    this.#open.set(file, { inode, at: 0 });
    return file;
  }

  #get(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw failure('ENOENT', path);
    return inode;
  }

  #refuseTaken(path: string): void {
    if (this.#names.has(path)) throw failure('EEXIST', path);
    if (this.#get(dirname(path)).kind !== 'folder') throw failure('ENOTDIR', path);
  }
}

function apply(names: Map<string, Inode>, { from, to, inode }: NameChange): void {
  if (from !== undefined) names.delete(from);
  if (to !== undefined) names.set(to, inode);
}

/** An error as the system throws it. */
export function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: it failed, '${path}'`), { code, path });
}
