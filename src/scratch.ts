import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explained } from './files/file-error.ts';

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
    return explained(`The temporary file ${name} cannot be written to ${tmpdir()}`, () => {
      this.#path ??= mkdtempSync(join(tmpdir(), 'yolo-prune-'));
      const path = join(this.#path, name);
      writeFileSync(path, bytes);
      return path;
    });
  }

  remove(): void {
    this.#stop.removeEventListener('abort', this.#remove);
    this.#remove();
  }
}
