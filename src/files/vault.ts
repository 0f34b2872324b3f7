import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Backup, isPartialPath, partialPath, publish, underFreeName } from './backup.ts';
import { explained } from './file-error.ts';
import { type HashedFile, sha256 } from './hashes.ts';
import { type Journal, journalPath, nextJournalPath, readJournal, writeJournal } from './journal.ts';
import { type Machine, takeFolder, thisMachine } from './lock.ts';
import { type FileOperations, type FileStatus, realFiles } from './operations.ts';
import { changed, notesOn, takenOver } from './vault-messages.ts';
import { hashFile, syncFile, writeNewFile } from './whole-files.ts';

/** The files that a run is about, as the user named them. */
export interface VaultPaths {
  readonly model: string;
  /** Where the pruned model goes; the model itself where it is replaced. */
  readonly output: string;
  /** Where the backup is wanted. */
  readonly backup: string;
}

/**
 * Keeps the original of a model safe while a pruned one takes its place; docs/durability.md has every step.
 *
 * At every moment the original's bytes are, complete and verified, under the model's path or the backup's, and the model's
 * path holds the original or a candidate that was offered, validated and accepted.
 */
export class ModelVault {
  /** Whether the pruned model is to replace the model, whatever links and spellings the paths have. */
  readonly replacesModel: boolean;
  /** What to tell the user: what an earlier run left behind, and names that will part from the model. */
  readonly notes: readonly string[];
  readonly #files: FileOperations;
  readonly #paths: VaultPaths;
  /** What the model's path leads to, and where the pruned model goes, without links. */
  readonly #model: string;
  readonly #target: string;
  /** The run's own folder beside the target: lock, journal and candidate. */
  readonly #folder: string;
  #journal: Journal;
  #backup: Backup | null = null;
  /** The files that the model is on the disk. */
  #parts: readonly HashedFile[] = [];
  #isPlaced = false;
  #isClosed = false;

  /**
   * Takes the lock on the model, and cleans up behind an earlier run that died.
   *
   * @throws {UserError} when another run works on the model, or the output's folder cannot be written to.
   */
  constructor(paths: VaultPaths, files: FileOperations = realFiles, machine: Machine = thisMachine) {
    this.#files = files;
    this.#paths = paths;
    const what = `The pruned model cannot go to ${paths.output}`;
    this.#model = explained(`The model ${paths.model} cannot be read`, () => files.realpath(paths.model));
    this.#target = explained(what, () => destination(files, paths.output));
    this.replacesModel = explained(what, () => sameFile(files, this.#model, this.#target));
    this.#folder = join(dirname(this.#target), `.${basename(this.#target)}.prune`);
    const taken = explained(what, () => takeFolder(files, machine, this.#folder, paths.output));
    const left = taken.isNew ? null : taken.left;
    this.#journal = {
      version: 1,
      owner: { host: machine.host, pid: machine.pid, token: randomBytes(8).toString('hex') },
      since: machine.now(),
      stage: 'started',
      original: null,
      candidate: null,
      backup: null,
      partial: left?.partial && isPartialPath(left.partial) ? left.partial : null,
    };
    try {
      this.notes = explained(what, () => {
        writeJournal(files, this.#folder, this.#journal);
        files.syncFolder(dirname(this.#folder));
        this.#removeLeftovers();
        return notesOn(files, { path: this.#target, name: paths.output }, left);
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Makes sure that the original is on the disk a second time: as `backup`, or under the next free `NAME.1.EXT`, … A file
   * with other bytes is never overwritten; one with the same bytes is used as it is.
   *
   * @param bytes the model as it was read, in one file.
   * @param original SHA-256 of the bytes.
   * @param parts the files that it was put together from, the model's own first; none where it is one file with these bytes.
   * @throws {UserError} when the backup cannot be written, when the model changed since it was read, or when the pruned model
   *   would replace one of the parts.
   */
  keepOriginal(bytes: Uint8Array, original: string, parts: readonly HashedFile[] = []): Backup {
    this.#parts = parts.length > 0 ? parts : [{ path: this.#paths.model, sha256: original }];
    this.#refuseChangedModel();
    for (const { path } of parts.slice(1)) this.#refuseToReplace(path);
    return explained(`The backup ${this.#paths.backup} cannot be written`, () => {
      const backup = underFreeName(this.#files, this.#paths.backup, {
        isSame: (path, found) => this.#isKept(path, found, original),
        write: (path) => this.#copy(bytes, original, path),
      });
      if (!backup.created) syncFile(this.#files, backup.path);
      return this.#keep(backup, original);
    });
  }

  /** Where the backup of a model that needs none now would be found: `backup` where a file is there. */
  existingBackup(): string | null {
    return this.#files.stat(this.#paths.backup)?.kind === 'file' ? this.#paths.backup : null;
  }

  /**
   * Writes the pruned model to the run's folder, on the disk of its destination.
   *
   * @param hash SHA-256 of the bytes.
   * @returns its path, to be validated.
   */
  offerCandidate(bytes: Uint8Array, hash = sha256(bytes)): string {
    const path = this.#candidatePath();
    return explained(`The pruned model cannot be written beside ${this.#paths.output}`, () => {
      const replaced = this.#files.stat(this.#target);
      const attributes = replaced ? { mode: replaced.mode, uid: replaced.uid, gid: replaced.gid } : {};
      this.#note({ stage: 'validating', candidate: hash });
      writeNewFile(this.#files, path, bytes, attributes);
      return path;
    });
  }

  /**
   * Makes the candidate the file at `output`: readers see the old one or the new one, never a part. A symbolic link stays,
   * its target is replaced.
   *
   * @throws {UserError} when model, backup or candidate are no longer what they were, or the rename fails; the file at
   *   `output` is then as it was.
   */
  putInPlace(): void {
    const { original, candidate, owner } = this.#journal;
    if (this.#backup === null || original === null || candidate === null) {
      throw new Error('A model is replaced only after its backup and its candidate have been written.');
    }
    explained(`The pruned model cannot be put in place at ${this.#paths.output}`, () => {
      if (readJournal(this.#files, this.#folder)?.owner.token !== owner.token)
        throw takenOver(this.#paths.output);
      if (hashFile(this.#files, this.#backup!.path) !== original) throw changed('backup', this.#backup!.path);
      if (hashFile(this.#files, this.#candidatePath()) !== candidate) {
        throw changed('pruned copy', this.#candidatePath());
      }
      if (this.replacesModel) this.#refuseChangedModel();
      this.#note({ stage: 'placing' });
      this.#files.rename(this.#candidatePath(), this.#target);
      this.#isPlaced = true;
    });
    explained(
      `The pruned model is in place, but ${dirname(this.#target)} cannot be written to the disk`,
      () => this.#files.syncFolder(dirname(this.#target)),
    );
  }

  /**
   * Writes what is made from the model that is in place, such as a compressed copy: to `path`, or under the next free
   * `NAME.1.EXT`, … A file with other bytes is never overwritten; one with the same bytes is used as it is.
   *
   * @returns where it is.
   * @throws {UserError} when it cannot be written.
   */
  writeBeside(path: string, bytes: Uint8Array): string {
    const hash = sha256(bytes);
    return explained(`${path} cannot be written`, () => {
      const { path: written } = underFreeName(this.#files, path, {
        isSame: (name) => hashFile(this.#files, name) === hash,
        write: (name) => this.#write(bytes, hash, name),
      });
      return written;
    });
  }

  /** One sentence on what is at the model's path now. */
  describe(): string {
    const { model, output } = this.#paths;
    const kept = this.#backup ? ` The original is kept as ${this.#backup.path}.` : '';
    return this.#isPlaced
      ? `${output} is the pruned model, which was validated.${kept}`
      : `${model} is as it was.${kept}`;
  }

  /**
   * Removes what is not meant to stay and releases the lock; may be called at any time and more than once.
   *
   * What cannot be removed is left to the next run: the outcome of this one is more telling than such a failure.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#removePartial();
      const token = readJournal(this.#files, this.#folder)?.owner.token;
      if (token !== undefined && token !== this.#journal.owner.token) return;
      this.#removeLeftovers();
      this.#files.remove(journalPath(this.#folder));
      this.#files.rmdir(this.#folder);
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code) throw error;
    }
  }

  #candidatePath(): string {
    return join(this.#folder, 'candidate.onnx');
  }

  #note(news: Partial<Journal>): void {
    this.#journal = { ...this.#journal, ...news };
    writeJournal(this.#files, this.#folder, this.#journal);
  }

  #removeLeftovers(): void {
    this.#files.remove(this.#candidatePath());
    this.#files.remove(nextJournalPath(this.#folder));
    this.#removePartial();
  }

  /** It is gone for good before the journal, which is all that knows of it. */
  #removePartial(): void {
    const { partial } = this.#journal;
    if (partial === null || this.#files.stat(dirname(partial)) === null) return;
    this.#files.remove(partial);
    this.#files.syncFolder(dirname(partial));
  }

  #refuseChangedModel(): void {
    for (const { path, sha256: wanted } of this.#parts) {
      const found = explained(`The model ${path} cannot be read`, () => hashFile(this.#files, path));
      if (found !== wanted) throw changed('model', path);
    }
  }

  #refuseToReplace(part: string): void {
    const { model, output } = this.#paths;
    const isSame = explained(`The model ${part} cannot be read`, () =>
      sameFile(this.#files, part, this.#target),
    );
    if (!isSame) return;
    throw new UserError(
      'files',
      `The pruned model must not replace ${part}, where ${model} keeps its weights, but ${output} leads there.`,
      'Name another place with `output`.',
    );
  }

  #isKept(path: string, { identity }: FileStatus, original: string): boolean {
    for (const other of [this.#model, this.#target]) {
      if (this.#files.stat(other)?.identity !== identity) continue;
      throw new UserError(
        'files',
        `The backup must be a file of its own, but ${path} leads to ${other}, be it as a link or in another spelling.`,
        'Name another place with `backup`.',
      );
    }
    return hashFile(this.#files, path) === original;
  }

  #copy(bytes: Uint8Array, original: string, path: string): boolean {
    const stage = { stage: 'backing-up', original, backup: path } as const;
    return this.#write(bytes, original, path, stage, this.#files.stat(this.#model) ?? {});
  }

  /** @returns whether the name was free. */
  #write(
    bytes: Uint8Array,
    hash: string,
    path: string,
    news: Partial<Journal> = {},
    attributes: Parameters<typeof writeNewFile>[3] = {},
  ): boolean {
    const partial = partialPath(path, this.#journal.owner.token);
    this.#note({ ...news, partial });
    writeNewFile(this.#files, partial, bytes, attributes);
    if (hashFile(this.#files, partial) !== hash) throw changed('copy', partial);
    const isFree = publish(this.#files, partial, path);
    if (isFree) this.#note({ partial: null });
    else this.#removePartial();
    return isFree;
  }

  #keep(backup: Backup, original: string): Backup {
    this.#note({ original, backup: backup.path, partial: null });
    this.#backup = backup;
    return backup;
  }
}

/** Where a pruned model goes: a link's target, or a new file in a folder that is there. */
function destination(files: FileOperations, output: string): string {
  const found = files.stat(output);
  if (found?.kind === 'file') return files.realpath(output);
  if (found === null && files.lstat(output) === null) {
    return join(files.realpath(dirname(output)), basename(output));
  }
  throw new UserError(
    'files',
    `The pruned model must go to a file, but ${output} is ${found ? 'something else' : 'a link that leads nowhere'}.`,
    'Name the path of a file with `output`.',
  );
}

function sameFile(files: FileOperations, one: string, other: string): boolean {
  const found = files.stat(one);
  return found !== null && found.identity === files.stat(other)?.identity;
}
