import { UserError } from '../errors.ts';

const POINTER = Buffer.from('version https://git-lfs.github.com/spec/');
/** A pointer file is shorter (git-lfs, docs/spec.md). */
const MAX_POINTER_BYTES = 1024;

/** Whether a file of this size can be a Git LFS pointer at all: images hardly ever are. */
export function isLfsPointerSize(size: number): boolean {
  return size > POINTER.length && size < MAX_POINTER_BYTES;
}

/** Whether a file is a Git LFS pointer instead of its content, by its first bytes. */
export function isLfsPointer(bytes: Buffer): boolean {
  return bytes.subarray(0, POINTER.length).equals(POINTER);
}

/** What to tell the user about pointers among the files of a data set. */
export function lfsError(what: string, pointers: readonly string[]): UserError {
  return new UserError(
    'dataset',
    `The ${what} must be in the checkout, but Git LFS pointers are in their place (${pointers.length}, first ${pointers[0]}).`,
    'Check the repository out with `lfs: true` (actions/checkout), or run `git lfs pull` before this step.',
  );
}
