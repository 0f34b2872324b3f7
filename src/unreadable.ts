import type { Log } from './log.ts';

/** So many files are named: GitHub shows ten warnings a step, and others are to be seen as well. The report names all. */
const NAMED = 5;

/** Warns of files that cannot be read: of the first few by name, of the others by their number. */
export interface UnreadableWarnings {
  add(reason: string): void;
  /** To be called after the last. */
  end(): void;
}

/** @param consequence what it means for a file that cannot be read, as a sentence. */
export function warnOfUnreadable(log: Log, consequence: string): UnreadableWarnings {
  let count = 0;
  return {
    add: (reason) => {
      if (++count <= NAMED) log.warning(`${reason} ${consequence}`);
    },
    end: () => {
      if (count > NAMED) log.warning(`${count - NAMED} more files cannot be read (${count} in all).`);
    },
  };
}
