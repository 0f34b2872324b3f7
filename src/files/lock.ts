import { hostname } from 'node:os';
import { UserError } from '../errors.ts';
import { type Journal, readJournal } from './journal.ts';
import type { FileOperations } from './operations.ts';

/** What a lock is judged by. */
export interface Machine {
  readonly host: string;
  readonly pid: number;
  isAlive(pid: number): boolean;
  /** Milliseconds since 1970. */
  now(): number;
  /** Blocks for a while. */
  pause(milliseconds: number): void;
}

/** The machine and process that this runs in. */
export const thisMachine: Machine = {
  host: hostname(),
  pid: process.pid,
  isAlive,
  now: () => Date.now(),
  pause: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
};

/** The longest job of a hosted runner: after this a run is dead, or its process number belongs to another one. */
const MAX_AGE_HOURS = 6;

/** A run writes its journal within milliseconds of making its folder. */
const JOURNAL_PAUSES = 10;
const PAUSE_MILLISECONDS = 100;

/** How a run's folder was come by: new, or left by a run that died (with its journal, if it had got that far). */
export type Taken = { readonly isNew: true } | { readonly isNew: false; readonly left: Journal | null };

/**
 * Takes the folder that a run works in, which is also the lock: whoever makes it works on the model. One whose run has
 * died is taken over.
 *
 * @throws {UserError} when another run works on the model, or when something else has the folder's name.
 */
export function takeFolder(files: FileOperations, machine: Machine, folder: string, model: string): Taken {
  if (makeFolder(files, folder)) return { isNew: true };
  const found = files.lstat(folder);
  if (found !== null && found.kind !== 'folder') {
    throw new UserError(
      'files',
      `${folder} must be a folder that a run makes for itself, but something else has this name.`,
      'Remove it, or rename it.',
    );
  }
  let left = readJournal(files, folder);
  for (let pauses = 0; left === null && pauses < JOURNAL_PAUSES; pauses++) {
    machine.pause(PAUSE_MILLISECONDS);
    left = readJournal(files, folder);
  }
  if (left !== null && isHeld(left, machine)) throw held(left, machine, folder, model);
  // Whoever held it may have let go of it just now.
  return makeFolder(files, folder) ? { isNew: true } : { isNew: false, left };
}

function makeFolder(files: FileOperations, folder: string): boolean {
  try {
    files.mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Containers give every run the same process number: this process' own number is no other run's. */
function isHeld({ owner, since }: Journal, machine: Machine): boolean {
  if (machine.now() - since > MAX_AGE_HOURS * 3_600_000) return false;
  if (owner.host !== machine.host) return true;
  return owner.pid !== machine.pid && machine.isAlive(owner.pid);
}

function held({ owner, since }: Journal, machine: Machine, folder: string, model: string): UserError {
  const minutes = Math.max(0, Math.floor((machine.now() - since) / 60_000));
  return new UserError(
    'files',
    `${model} must not be pruned by two runs at once, but process ${owner.pid} on ${owner.host} has been at it for ${minutes} minutes.`,
    `Let that run end first. If it has been killed, remove ${folder}; after ${MAX_AGE_HOURS} hours it no longer counts.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
