import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from './errors.ts';

/** A folder for what a run needs on the disk and does not keep, made when it is first needed; gone when the process is told to end. */
export class ScratchFolder {
  #path: string | null = null;
  readonly #remove = () => {
    if (this.#path !== null) rmSync(this.#path, { recursive: true, force: true });
  };
  readonly #stop: AbortSignal;

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener('abort', this.#remove);
  }

  /**
   * Writes a file, in the place of one of the same name.
   *
   * @returns its path.
   * @throws {UserError} when it cannot be written.
   */
  write(name: string, bytes: Uint8Array): string {
    try {
      this.#path ??= mkdtempSync(join(tmpdir(), 'yolo-prune-'));
      const path = join(this.#path, name);
      writeFileSync(path, bytes);
      return path;
    } catch (error) {
      throw new UserError(
        'files',
        `The temporary file ${name} cannot be written to ${tmpdir()}: ${messageOf(error)}.`,
        'Free some space there, or set the variable TMPDIR to a folder with room for a few copies of the model.',
        { cause: error },
      );
    }
  }

  remove(): void {
    this.#stop.removeEventListener('abort', this.#remove);
    this.#remove();
  }
}
