import { spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFiles } from './temporary-folder.ts';

/** The two ways into the committed bundle. */
export type Entry = 'index' | 'cli';

/** How a run ended, and what it left for the runner. */
export interface Ended {
  readonly code: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Runs dist/index.js as a runner does, or dist/cli.js with the same inputs as options. */
export async function runEntry(
  entry: Entry,
  inputs: Readonly<Record<string, string>>,
  options: {
    readonly cwd?: string;
    readonly dist?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** A command that runs the entry, such as a tracer with its options. */
    readonly under?: readonly string[];
    /** Milliseconds after which it is killed. */
    readonly limit?: number;
  } = {},
): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'run-'));
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
  await Promise.all(
    Object.values(files).map((path) => import('node:fs/promises').then((fs) => fs.writeFile(path, ''))),
  );
  const asRunner = entry === 'index';
  const env = {
    PATH: process.env.PATH ?? '',
    RUNNER_TEMP: folder,
    XDG_CACHE_HOME: folder,
    ...temporaryFiles(folder),
    ...options.env,
    ...(asRunner ? files : {}),
    ...(asRunner
      ? Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        )
      : {}),
  };
  const args = asRunner ? [] : Object.entries(inputs).map(([name, value]) => `--${name}=${value}`);
  const script = join(options.dist ?? DIST, `${entry}.js`);
  const [command, ...rest] = [...(options.under ?? []), process.execPath, script, ...args] as [string];
  const child = spawn(command, rest, {
    env,
    cwd: options.cwd ?? folder,
    timeout: options.limit,
    killSignal: 'SIGKILL',
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    code,
    log,
    outputs: parseOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8')),
    summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
  };
}

/** Reads the file form of step outputs: NAME<<DELIMITER, value, DELIMITER. */
export function parseOutputs(text: string): Record<string, string> {
  const entries = text.matchAll(/^([\w-]+)<<(ghadelimiter_\S+)\r?\n([\s\S]*?)\r?\n\2$/gm);
  return Object.fromEntries([...entries].map(([, name, , value]) => [name!, value!]));
}
