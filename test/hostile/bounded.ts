import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from '../../src/files/hashes.ts';
import type { Workspace } from '../faults/workspace.ts';
import { type Ended, runEntry } from '../helpers/entries.ts';

/** What nothing that comes in a file may take. */
const SECONDS = 10;
const BYTES = 2 ** 30;

const PEAK = new URL('../helpers/peak.mjs', import.meta.url).href;

/** A whole run of the command line, and what it took. */
export interface Witnessed extends Ended {
  readonly seconds: number;
  /** The most memory that one process held at once (VmHWM), in bytes; 0 where it was killed. */
  readonly peak: number;
  /** What was made, changed or removed in the workspace, but for the report. */
  readonly changed: readonly string[];
}

/** The largest figures of all runs, for the line at the end of a suite. */
export const worst = { runs: 0, seconds: 0, peak: 0 };

/** Runs the command line on a workspace and watches it; it is killed after a minute. */
export async function witness(
  { folder, model }: Workspace,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Witnessed> {
  const record = mkdtempSync(join(tmpdir(), 'peak-'));
  const before = contentOf(folder);
  const started = performance.now();
  const ended = await runEntry(
    'cli',
    {
      model,
      data: join(folder, 'data.yaml'),
      threads: '1',
      'max-drop': '1',
      'report-dir': join(folder, 'report'),
      ...inputs,
    },
    {
      cwd: folder,
      env: {
        HOME: process.env.HOME ?? '',
        NODE_OPTIONS: `--import=${PEAK}`,
        // A tenth of a second less a run.
        NODE_COMPILE_CACHE: join(tmpdir(), 'compiled'),
        PEAK_FILE: join(record, 'peak'),
      },
      limit: 60_000,
    },
  );
  const seconds = (performance.now() - started) / 1000;
  const peaks = existsSync(join(record, 'peak')) ? readFileSync(join(record, 'peak'), 'utf8') : '0';
  rmSync(record, { recursive: true });
  const peak = Math.max(...peaks.trim().split('\n').map(Number));
  worst.runs++;
  worst.seconds = Math.max(worst.seconds, seconds);
  worst.peak = Math.max(worst.peak, peak);
  const after = contentOf(folder);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  return { ...ended, seconds, peak, changed };
}

/** The run took no more than it may, whatever it ended in, and no bug shows. */
export function expectBounded({ code, seconds, peak, log }: Witnessed): void {
  expect(log).not.toMatch(/unexpected error|unhandled|^\s+at .*:\d+:\d+\)?$/im);
  expect(code, log).not.toBeNull();
  expect(seconds).toBeLessThan(SECONDS);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(BYTES);
}

/**
 * The run ended with exit status 1 and one message, left everything as it was, and took no more than it may.
 *
 * @param where the name that the message must lead to.
 */
export function expectRefused(run: Witnessed, what: RegExp, where: string): void {
  expectBounded(run);
  expect(run.code, run.log).toBe(1);
  expect(run.log.match(/^Error:/gm), run.log).toHaveLength(1);
  expectTelling(run.log.slice(run.log.indexOf('Error:')), what, where);
  // Where a model fails only when it runs, its backup is there already.
  expect(run.changed.filter((path) => path !== join('models', 'best.unpruned.onnx'))).toEqual([]);
}

/** A message says what is wrong, where, and what to do, in sentences, and is not longer than anybody reads. */
export function expectTelling(message: string, what: RegExp, where: string): void {
  expect(message).toMatch(what);
  expect(message).toContain(where);
  // What it must be and what it was; then, in a sentence of its own, what to do.
  expect(message).toMatch(/\b(must|cannot|does not|needs?|is|are|has|have|found nowhere|ran out)\b/);
  expect(message.trim()).toMatch(
    /[.)…] (?:Add|Attach|Check|Copy|Export|Give|Keep|Leave|Let|Make|Mend|Name|Number|Point|Put|Remove|Save|See|Set|Store|Take|The file may|Use|Write|Its)\b[^\n]*\.$/,
  );
  expect(message.length).toBeLessThan(5000);
}

/** Hashes of small files, sizes of large ones, and where links lead. */
function contentOf(root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    // Not Node's own recursion: it follows links.
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path);
      if (name === 'report') continue;
      if (entry.isDirectory()) pending.push(path);
      const { size, mtimeMs } = lstatSync(path);
      const content = entry.isFile() && size < 1 << 20 ? sha256(readFileSync(path)) : `${size} ${mtimeMs}`;
      found.set(name, entry.isDirectory() ? 'folder' : content);
    }
  }
  return found;
}
