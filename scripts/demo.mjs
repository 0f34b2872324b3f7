// Runs the command line on the embedded model and data set, in a copy, so that the checkout stays as it is:
// `npm run demo [-- ARG ...]`. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const copy = mkdtempSync(join(tmpdir(), 'yolo-prune-demo-'));
cpSync(join(root, 'demo', 'model'), copy, { recursive: true });
cpSync(join(root, 'demo', 'data'), join(copy, 'data'), { recursive: true });
console.log(`Copied the demo's model and data set to ${copy}`);

const model = join(copy, 'best.onnx');
const report = join(copy, 'report');
const { status, error } = spawnSync(
  process.execPath,
  [
    join(root, 'dist', 'cli.js'),
    ...['--model', model],
    ...['--data', join(copy, 'data', 'data.yaml')],
    ...['--amount', '30%'],
    ...['--max-drop', '0.02'],
    ...['--report-dir', report],
    ...process.argv.slice(2),
  ],
  { cwd: copy, stdio: 'inherit' },
);
if (error) throw error;
console.log(`Report: ${report}`);
console.log(`Backup of the unpruned model: beside ${model}`);
process.exitCode = status ?? 1;
