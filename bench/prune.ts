import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, createReadStream, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { PruneTimes } from './prune-child.ts';
import type { Context, Measured } from './types.ts';

const SIZE = 500e6;

let pruned: Promise<{
  readonly bytes: number;
  readonly copyAndHash: number;
  readonly child: PruneTimes;
}> | null = null;

/** A run's work on the model file, ONNX Runtime and images left out: read, prune, back up, write, put in place. */
export async function measurePruning(context: Context, of: 'time' | 'memory'): Promise<Measured> {
  pruned ??= pruneLargeModel(context);
  const { bytes, copyAndHash, child } = await pruned;
  const { peakBytes, ...seconds } = child;
  const parts = Object.fromEntries(Object.entries(seconds).map(([name, value]) => [`${name} s`, value]));
  return of === 'time'
    ? { value: seconds.total / copyAndHash, parts: { 'copy and hash s': copyAndHash, ...parts } }
    : { value: peakBytes / bytes, parts: { 'file MB': bytes / 1e6, 'peak MB': peakBytes / 1e6 } };
}

async function pruneLargeModel(context: Context) {
  const [large, copy] = ['large.onnx', 'copy.onnx'].map((name) => join(context.folder, name)) as [
    string,
    string,
  ];
  const script = (name: string) => join(context.folder, `${name}.mjs`);
  for (const name of ['large-model', 'prune-child'])
    await build({
      entryPoints: [join(import.meta.dirname, `${name}.ts`)],
      outfile: script(name),
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
    });
  const run = (name: string, ...args: string[]) =>
    execFileSync(process.execPath, [script(name), ...args], { encoding: 'utf8' });
  run('large-model', large, String(context.quick ? SIZE / 100 : SIZE));
  const bytes = statSync(large).size;
  const copies: number[] = [];
  const children: PruneTimes[] = [];
  for (let i = 0; i < (context.quick ? 1 : 3); i++) {
    const started = performance.now();
    copyFileSync(large, copy);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(copy)) hash.update(chunk);
    hash.digest();
    copies.push((performance.now() - started) / 1000);
    children.push(JSON.parse(run('prune-child', copy)));
    rmSync(copy);
    rmSync(copy.replace(/\.onnx$/, '.unpruned.onnx'));
  }
  rmSync(large);
  const child = children.toSorted((a, b) => a.total - b.total)[0]!;
  return { bytes, copyAndHash: Math.min(...copies), child };
}
