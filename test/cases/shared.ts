import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The folder of real models, data and reference results: `YOLO_PRUNE_CASES`, or `../shared/cases` beside the
 * repository.
 */
export const casesFolder = process.env.YOLO_PRUNE_CASES ?? join(dirname(repository), 'shared', 'cases');

/** The path of a file or folder of the cases. */
export function casePath(...parts: string[]): string {
  return join(casesFolder, ...parts);
}

/** A JSON file of `expected/`. */
export function expectedCase<T>(name: string): T {
  return JSON.parse(readFileSync(casePath('expected', name), 'utf8')) as T;
}

/** `describe` for suites that need the cases: skipped, and saying so, where the folder is missing. */
export function describeCases(name: string, suite: () => void): void {
  if (existsSync(casesFolder)) {
    describe(name, suite);
    return;
  }
  console.error(`SKIPPED: ${name} (no folder ${casesFolder}; YOLO_PRUNE_CASES can name another).`);
  describe.skip(name, suite);
}
