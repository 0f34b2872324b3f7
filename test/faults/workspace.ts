import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../src/files/hashes.ts';
import { temporaryFiles } from '../helpers/temporary-folder.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** A box that the model finds in its picture (test/fixtures/models/expected.json), so that there is something to lose. */
const FOUND = '2 0.493667 0.599932 0.026068 0.293197';

/** A copy of a small model with a data set, which runs are let loose on. */
export interface Workspace {
  readonly folder: string;
  readonly model: string;
  /** Files of the model before any run, as paths among the fixtures, by their names beside it. */
  readonly source: Readonly<Record<string, string>>;
  /** SHA-256 of the model in one file. */
  readonly original: string;
}

/** A model in one file, and the same with its values in another. */
export const ONE_FILE = { 'best.onnx': 'models/yolov5.onnx' };
export const EXTERNAL = {
  'best.onnx': 'external/one-data-file/best.onnx',
  'best.onnx.data': 'external/one-data-file/best.onnx.data',
};

export function makeWorkspace(images: number, source: Workspace['source'] = ONE_FILE): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const data = join(folder, 'images');
  mkdirSync(data);
  mkdirSync(join(folder, 'labels'));
  const first = join(data, '0.png');
  copyFileSync(join(FIXTURES, 'models', '64x64.png'), first);
  for (let number = 1; number < images; number++) linkSync(first, join(data, `${number}.png`));
  writeFileSync(join(folder, 'labels', '0.txt'), `${FOUND}\n`);
  writeFileSync(join(folder, 'data.yaml'), 'path: .\nval: images\nnames: [class 0, class 1, class 2]\n');
  const model = join(folder, 'models', 'best.onnx');
  const original = sha256(readFileSync(join(FIXTURES, ONE_FILE['best.onnx'])));
  const workspace = { folder, model, source, original };
  reset(workspace);
  return workspace;
}

/** Puts the original back, and nothing else beside it. */
export function reset({ model, source }: Workspace): void {
  rmSync(dirname(model), { recursive: true, force: true });
  mkdirSync(dirname(model));
  for (const [name, from] of Object.entries(source)) {
    copyFileSync(join(FIXTURES, from), join(dirname(model), name));
  }
}

/** Hashes of what lies beside the model, by name. */
export function besideModel({ folder }: Workspace): Readonly<Record<string, string>> {
  const names = readdirSync(join(folder, 'models'), { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names
      .filter((name) => name.isFile())
      .map((name) => [name.name, sha256(readFileSync(join(name.parentPath, name.name)))]),
  );
}

/** How a run of the command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly log: string;
}

/**
 * Runs the bundle on a workspace.
 *
 * @param onLine is told every line that it prints, and may end it.
 */
export function runBundle(
  { folder, model }: Workspace,
  options: Readonly<Record<string, string>> = {},
  onLine: (line: string, child: ChildProcess) => void = () => {},
): Promise<Ended> {
  const inputs = {
    model,
    data: join(folder, 'data.yaml'),
    threads: '1',
    'max-drop': '1',
    'report-dir': join(folder, 'report'),
    ...options,
  };
  const args = Object.entries(inputs).map(([name, value]) => `--${name}=${value}`);
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, RUNNER_TEMP: folder, ...temporaryFiles() };
  const child = spawn(process.execPath, [CLI, ...args], { env, cwd: folder });
  let log = '';
  const hear = (chunk: Buffer) => {
    log += chunk.toString();
    for (const line of chunk.toString().split('\n').filter(Boolean)) onLine(line, child);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, log })));
}
