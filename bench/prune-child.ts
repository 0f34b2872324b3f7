import { sha256 } from '../src/files/hashes.ts';
import { ModelVault } from '../src/files/vault.ts';
import { readModelFile } from '../src/onnx/model-file.ts';
import { pruneModel } from '../src/prune/prune-model.ts';

/** Seconds of each step, and what the process took of memory at most. */
export interface PruneTimes {
  readonly read: number;
  readonly hash: number;
  readonly prune: number;
  readonly backup: number;
  readonly write: number;
  readonly place: number;
  readonly total: number;
  readonly peakBytes: number;
}

const [model] = process.argv.slice(2) as [string];
const vault = new ModelVault({ model, output: model, backup: model.replace(/\.onnx$/, '.unpruned.onnx') });
const started = performance.now();
let last = started;
const lap = () => {
  const seconds = (performance.now() - last) / 1000;
  last = performance.now();
  return seconds;
};
const file = await readModelFile(model);
const read = lap();
const original = sha256(file.bytes);
const hash = lap();
const pruned = pruneModel(file, { method: 'l1', amount: 0.3, exclude: [] });
const prune = lap();
vault.keepOriginal(file.bytes, original);
const backup = lap();
vault.offerCandidate(pruned.bytes);
const write = lap();
vault.putInPlace();
const place = lap();
const total = (performance.now() - started) / 1000;
vault.close();
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  JSON.stringify({ read, hash, prune, backup, write, place, total, peakBytes } satisfies PruneTimes),
);
