import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs workflows on this machine without GitHub; `.ci/run` installs it. */
const MODULE = 'github.com/nektos/act';
const VERSION = 'v0.2.89';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The path of act, installed once into a cache folder; null where there is no Go to install it with. */
export function findAct(): string | null {
  const bin = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'yolo-prune-e2e', VERSION);
  const path = join(bin, 'act');
  if (existsSync(path)) return path;
  if (spawnSync('go', ['version']).status !== 0) {
    console.error('SKIPPED: workflows by act (there is no Go to install it with).');
    return null;
  }
  must('go', ['install', `${MODULE}@${VERSION}`], REPOSITORY, { ...process.env, GOBIN: bin });
  return path;
}

/** A clean clone of the commit in a folder of its own, with an empty place for the tool cache beside it. */
export function cleanClone(): { readonly folder: string; readonly clone: string } {
  const folder = mkdtempSync(join(tmpdir(), 'yolo-prune-e2e-'));
  const clone = join(folder, 'clone');
  must('git', ['clone', '--quiet', REPOSITORY, clone], folder);
  return { folder, clone };
}

function must(command: string, args: readonly string[], cwd: string, env = process.env): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
}

/** What a workflow did, as act tells it. */
export interface Played {
  readonly status: number | null;
  /** The whole log, workflow commands in the form in which they are sent. */
  readonly log: string;
  /** The Markdown of each step's job summary, in order. */
  readonly summaries: readonly string[];
}

/** How a workflow is run. */
export interface Play {
  readonly event: 'push' | 'pull_request';
  /** The workflow's text. */
  readonly workflow: string;
  /** `KEY:VALUE` of the one leg of the matrix to run. */
  readonly matrix?: string;
  /** Environment of all steps. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder whose commands go before those on PATH. */
  readonly commands?: string;
  /** The event's payload. */
  readonly payload?: unknown;
}

/** Runs a workflow in a clone from `cleanClone`. */
export async function play(act: string, clone: string, options: Play): Promise<Played> {
  const folder = dirname(clone);
  mkdirSync(join(folder, 'workflow'), { recursive: true });
  const workflow = join(folder, 'workflow', 'workflow.yml');
  writeFileSync(workflow, options.workflow);
  const payload = join(folder, 'workflow', 'event.json');
  writeFileSync(payload, JSON.stringify(options.payload ?? {}));
  const args = [
    options.event,
    '--json',
    ...['-W', workflow, '-P', 'ubuntu-latest=-self-hosted', '--eventpath', payload],
    ...(options.matrix === undefined ? [] : ['--matrix', options.matrix]),
    ...Object.entries(options.env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
  const env = {
    ...process.env,
    // The Node that runs this is the runner's: act starts JavaScript actions with the one on PATH.
    PATH: [options.commands, dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter),
    // act sets RUNNER_TOOL_CACHE itself, to a folder below this one: the first run must find it empty.
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const child = spawn(act, args, { cwd: clone, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const events = text.split('\n').map(eventOf);
  return {
    status,
    log: events.map(({ msg }) => msg.replace(/\n$/, '')).join('\n'),
    summaries: events.filter(({ command }) => command === 'summary').map(({ content = '' }) => content),
  };
}

interface ActEvent {
  readonly msg: string;
  readonly command?: string;
  readonly content?: string;
}

function eventOf(line: string): ActEvent {
  try {
    return { msg: '', ...(JSON.parse(line) as Partial<ActEvent>) };
  } catch {
    return { msg: line };
  }
}
