import { messageOf, UserError } from '../errors.ts';

/** What to do about a failed system call, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space: the original, its backup and the pruned copy must fit.',
  EDQUOT: 'Free some of your quota: the original, its backup and the pruned copy must fit.',
  EROFS: 'The file system is read-only: name places that may be written to with `backup` and `output`.',
  EIO: 'The disk or the network share does not work as it should: check it, and copy the model elsewhere first.',
  EBUSY: 'Another program, or a mount, holds the file: close it, or name another place with `output`.',
  EXDEV: 'The file is a mount of its own, which no other can replace: name another place with `output`.',
};

const OTHER_REMEDY =
  'Check that the folder exists and may be written to, or name another with `backup` and `output`.';

/** Makes what a file operation threw an error that the user can act on; bugs stay what they are. */
export function fileError(thrown: unknown, what: string): Error {
  if (thrown instanceof UserError) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  if (!code) return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  return new UserError('files', `${what}: ${messageOf(thrown)}.`, REMEDIES[code] ?? OTHER_REMEDY, {
    cause: thrown,
  });
}

/** Runs one step of the file protocol, its failures told as {@link fileError}. */
export function explained<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    throw fileError(thrown, what);
  }
}
