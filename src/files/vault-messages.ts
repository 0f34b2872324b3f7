import { UserError } from '../errors.ts';
import type { Journal } from './journal.ts';
import type { FileOperations } from './operations.ts';
import { hashFile } from './whole-files.ts';

/** Where the pruned model goes. */
interface Target {
  /** Without links. */
  readonly path: string;
  /** As the user named it. */
  readonly name: string;
}

/**
 * What a user should know of the place that the pruned model goes to, a sentence each.
 *
 * @param left what an earlier run that died has left, if one did.
 */
export function notesOn(files: FileOperations, target: Target, left: Journal | null): readonly string[] {
  return [...(left ? [aboutEarlierRun(files, target, left)] : []), ...aboutOtherNames(files, target)];
}

function aboutEarlierRun(
  files: FileOperations,
  { path, name }: Target,
  { owner, stage, candidate, backup }: Journal,
): string {
  const began = `An earlier run (process ${owner.pid} on ${owner.host}) died while it was ${stage}`;
  const found = files.stat(path) ? hashFile(files, path) : null;
  return found !== null && found === candidate
    ? `${began}: ${name} is its pruned model, which was validated; the original is ${backup}.`
    : `${began}: what it left was removed, and ${name} is as it was.`;
}

/** Replacing a file parts its name from the other hard links, which is what caches of data sets and models rely on. */
function aboutOtherNames(files: FileOperations, { path, name }: Target): readonly string[] {
  const names = files.stat(path)?.names ?? 1;
  return names > 1
    ? [
        `${name} has ${names} names (hard links): a pruned model replaces it under this name only, the others keep the original.`,
      ]
    : [];
}

/** @param what kind of file it is: model, backup, … */
export function changed(what: string, path: string): UserError {
  return new UserError(
    'files',
    `The ${what} ${path} must not change while it is being pruned, but its bytes are not those that were read or written before.`,
    'Let the step that writes it finish first, and run this one again: nothing was replaced.',
  );
}

/** Another run believes that this one is dead. @param output as the user named it. */
export function takenOver(output: string): UserError {
  return new UserError(
    'files',
    `${output} must not be pruned by two runs at once, but another run has taken over since this one began.`,
    'Nothing was replaced: run this step again when the other has ended.',
  );
}
