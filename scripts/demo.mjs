// Runs the command line on the embedded model and data set, in a copy, so that the checkout stays as it is:
// `npm run demo [-- --OPTION VALUE ...]`. It is plain JavaScript without dependencies, like dev.mjs, which calls it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const copy = mkdtempSync(join(tmpdir(), 'yolo-prune-demo-'));
cpSync(join(root, 'demo', 'model'), copy, { recursive: true });
cpSync(join(root, 'demo', 'data'), join(copy, 'data'), { recursive: true });
console.log(`Copied the demo's model and data set to ${copy}`);

const options = {
  model: join(copy, 'best.onnx'),
  data: join(copy, 'data', 'data.yaml'),
  amount: '30%',
  'max-drop': '0.02',
  'report-dir': join(copy, 'report'),
};
const { status, error } = spawnSync(
  process.execPath,
  [
    join(root, 'dist', 'cli.js'),
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
if (error) throw error;

const results = { Report: options['report-dir'], 'Unpruned model': join(copy, 'best.unpruned.onnx') };
for (const [what, path] of Object.entries(results)) if (existsSync(path)) console.log(`${what}: ${path}`);
process.exitCode = status ?? 1;
