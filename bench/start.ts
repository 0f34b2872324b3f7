// From the start of the action to its first inference, with the native packages in the tool cache: the bundle alone, as a runner
// has it, on the embedded detector and one picture. `node scripts/dev.mjs node bench/start.ts [RUNS]` prints both times.
// The clock stops when the one picture has been through both models, so the first inference was a little earlier.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TARGET_SECONDS = 1.5;
const runs = Number(process.argv[2] ?? 5);
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'yolo-prune-start-'));

/** Seconds from the start of the process to the line that the picture is through both models, and the whole log. */
async function start(): Promise<{ readonly seconds: number; readonly log: string }> {
  cpSync(join(root, 'demo', 'model', 'best.onnx'), join(folder, 'best.onnx'));
  rmSync(join(folder, 'best.unpruned.onnx'), { force: true });
  const env = {
    PATH: process.env.PATH,
    RUNNER_TEMP: folder,
    RUNNER_TOOL_CACHE: join(folder, 'tools'),
    INPUT_MODEL: 'best.onnx',
    INPUT_DATA: 'data.yaml',
    'INPUT_FAIL-ON-DROP': 'false',
  };
  const started = performance.now();
  const child = spawn(process.execPath, ['action/index.js'], { cwd: folder, env });
  let log = '';
  let seconds = Number.NaN;
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk;
    if (Number.isNaN(seconds) && /^1 images through both models/m.test(log))
      seconds = (performance.now() - started) / 1000;
  });
  await new Promise((resolve) => child.on('close', resolve));
  if (Number.isNaN(seconds)) throw new Error(log);
  return { seconds, log };
}

try {
  cpSync(join(root, 'dist'), join(folder, 'action'), { recursive: true });
  cpSync(join(root, 'demo', 'data'), join(folder, 'data'), { recursive: true });
  const [picture] = readdirSync(join(folder, 'data', 'images', 'val')).sort();
  writeFileSync(
    join(folder, 'data.yaml'),
    `path: data\nval: images/val/${picture}\nnames: [circle, square, triangle, star, cross]\n`,
  );
  const first = await start();
  console.log(`first run, with the installation by npm: ${first.seconds.toFixed(2)} s`);
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
    const again = await start();
    if (!again.log.includes('come from tool cache')) throw new Error(again.log);
    seconds.push(again.seconds);
  }
  const median = seconds.toSorted((a, b) => a - b)[runs >> 1]!;
  console.log(
    `from the tool cache, median of ${runs}: ${median.toFixed(2)} s (target ${TARGET_SECONDS} s: ${median <= TARGET_SECONDS ? 'met' : 'missed'}); ` +
      `all: ${seconds.map((value) => value.toFixed(2)).join(', ')}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
