import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from './types.ts';

const ROOT = join(import.meta.dirname, '..');

/** How a run of the built action went. */
export interface ActionRun {
  /** From the start of the process to its end. */
  readonly seconds: number;
  readonly peakBytes: number;
  readonly log: string;
}

const PEAK = `process.on('exit', () => require('node:fs').writeFileSync(process.env.BENCH_PEAK, String(process.resourceUsage().maxRSS * 1024)));`;

/** Builds what is in src now; below node_modules, where the native packages are found as beside a checkout. */
export function buildAction(): { readonly folder: string; remove(): void } {
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'yolo-prune-bench-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs'), folder], { stdio: 'inherit' });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Runs the built action as a runner does, or the command line, on a copy of the model.
 *
 * @param inputs beside `model`, `data` and what keeps a failed verdict from being one.
 */
export async function runAction(
  { folder }: Context,
  built: string,
  model: string,
  data: string,
  inputs: Readonly<Record<string, string>> = {},
  entry: 'index' | 'cli' = 'index',
): Promise<ActionRun> {
  const work = mkdtempSync(join(folder, 'action-'));
  const peak = join(work, 'peak.txt');
  const hook = join(work, 'peak.cjs');
  writeFileSync(hook, PEAK);
  cpSync(model, join(work, 'best.onnx'));
  const all = { model: 'best.onnx', data, 'fail-on-drop': 'false', 'artifact-name': 'none', ...inputs };
  const env = {
    PATH: process.env.PATH,
    XDG_CACHE_HOME: folder,
    LOCALAPPDATA: folder,
    RUNNER_TEMP: work,
    RUNNER_TOOL_CACHE: join(work, 'tools'),
    BENCH_PEAK: peak,
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
  const started = performance.now();
  const options = entry === 'cli' ? Object.entries(all).map(([name, value]) => `--${name}=${value}`) : [];
  const script = join(built, `${entry}.js`);
  const child = spawn(process.execPath, ['--require', hook, script, ...options], { cwd: work, env });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`The action ended with exit code ${code}:\n${log}`);
  const peakBytes = Number(readFileSync(peak, 'utf8'));
  rmSync(work, { recursive: true, force: true });
  return { seconds, peakBytes, log };
}
