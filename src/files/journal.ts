import { join } from 'node:path';
import type { FileOperations } from './operations.ts';
import { writeNewFile } from './whole-files.ts';

/** Who works on a model. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Tells two runs with the same process number apart. */
  readonly token: string;
}

/** How far a run has come; each word is written before the first thing that it announces is done. */
export type Stage = 'started' | 'backing-up' | 'validating' | 'placing';

const STAGES: readonly Stage[] = ['started', 'backing-up', 'validating', 'placing'];

/** What a run notes down, so that the next one can clean up behind it should it die. */
export interface Journal {
  readonly version: 1;
  readonly owner: Owner;
  /** When the run began, in milliseconds since 1970. */
  readonly since: number;
  readonly stage: Stage;
  /** SHA-256 of the model as it was. */
  readonly original: string | null;
  /** SHA-256 of the pruned model. */
  readonly candidate: string | null;
  /** Where the backup is, or is going to be. */
  readonly backup: string | null;
  /** The backup while it is being written. */
  readonly partial: string | null;
}

/** A journal has a few hundred bytes; nothing longer is read. */
const MAX_BYTES = 64 << 10;

/** The journal of a run's folder, `null` where there is none that can be understood. */
export function readJournal(files: FileOperations, folder: string): Journal | null {
  const path = journalPath(folder);
  if (files.lstat(path)?.kind !== 'file') return null;
  const buffer = new Uint8Array(MAX_BYTES);
  const file = files.openToRead(path);
  try {
    const text = new TextDecoder().decode(buffer.subarray(0, files.read(file, buffer)));
    const value: unknown = JSON.parse(text);
    return isJournal(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    files.close(file);
  }
}

/** Writes a journal, or replaces the one that is there, so that after a crash one of them is there whole. */
export function writeJournal(files: FileOperations, folder: string, journal: Journal): void {
  const next = nextJournalPath(folder);
  files.remove(next);
  writeNewFile(files, next, new TextEncoder().encode(`${JSON.stringify(journal, null, 2)}\n`), {});
  files.rename(next, journalPath(folder));
  files.syncFolder(folder);
}

export function journalPath(folder: string): string {
  return join(folder, 'journal.json');
}

/** The journal while it is being written. */
export function nextJournalPath(folder: string): string {
  return join(folder, 'journal.json.next');
}

/** A journal may come with the checkout, from whoever wrote the pull request: nothing in it is taken on trust. */
function isJournal(value: unknown): value is Journal {
  if (typeof value !== 'object' || value === null) return false;
  const { version, owner, since, stage, original, candidate, backup, partial } = value as Journal;
  const texts = [original, candidate, backup, partial];
  return (
    version === 1 &&
    typeof owner?.host === 'string' &&
    typeof owner.token === 'string' &&
    Number.isSafeInteger(owner.pid) &&
    owner.pid > 0 &&
    Number.isFinite(since) &&
    STAGES.includes(stage) &&
    texts.every((text) => text === null || typeof text === 'string')
  );
}
