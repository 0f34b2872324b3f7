import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where systems are told the folder for temporary files. */
const NAMES = ['TMPDIR', 'TEMP', 'TMP'];

/**
 * Gives a whole run of tests one temporary folder, which is gone after it: tests, and what they start, leave thousands of
 * folders where `os.tmpdir()` says. Every configuration of vitest names this file as `globalSetup`.
 */
export default function setup(): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'yolo-prune-tests-')));
  for (const name of NAMES) process.env[name] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** For children that do not get this process' environment: where they put temporary files. */
export function temporaryFiles(folder = tmpdir()): Readonly<Record<string, string>> {
  return Object.fromEntries(NAMES.map((name) => [name, folder]));
}
