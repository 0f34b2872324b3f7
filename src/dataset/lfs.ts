import { open } from 'node:fs/promises';
import { UserError } from '../errors.ts';

const POINTER = 'version https://git-lfs.github.com/spec/';
/** A pointer file has about 130 bytes (git-lfs docs/spec.md: less than 1024). */
const MAX_POINTER_BYTES = 1024;

/** Whether these bytes are a Git LFS pointer instead of the file's content. */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return (
    bytes.length < MAX_POINTER_BYTES &&
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, POINTER.length)).toString('latin1') ===
      POINTER
  );
}

/** The same of a file, whose size is known: only small ones are opened. */
export async function isLfsPointerFile(path: string, size: number): Promise<boolean> {
  if (size < POINTER.length || size >= MAX_POINTER_BYTES) return false;
  const file = await open(path);
  try {
    const head = Buffer.alloc(POINTER.length);
    await file.read(head, 0, head.length, 0);
    return isLfsPointer(head);
  } finally {
    await file.close();
  }
}

/** What to tell the user about pointers among the files of a data set. */
export function lfsError(what: string, pointers: readonly string[]): UserError {
  return new UserError(
    'dataset',
    `The ${what} must be in the checkout, but ${pointers.length} are Git LFS pointers, first ${pointers[0]}.`,
    'Check the repository out with `lfs: true` (actions/checkout), or run `git lfs pull` before this step.',
  );
}
