// What has to be on a runner before the first image: our native parts, and what `pip install ultralytics onnxruntime` brings.
// `node scripts/dev.mjs node bench/setup.ts [PYTHON]` measures both in empty folders: bytes on the disk, and seconds with the
// registries as they are. Without PYTHON (3.9 or newer, with venv) only our side is measured.
import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-setup-'));
const python = process.argv[2];

function bytesIn(path: string): number {
  const found = lstatSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, [...args], { env, cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return (performance.now() - started) / 1000;
}

interface Cost {
  readonly bytes: number;
  readonly seconds: number;
}

const tell = (who: string, { bytes, seconds }: Cost) =>
  console.log(
    `${who.padEnd(36)} ${(bytes / 1e6).toFixed(1).padStart(8)} MB ${seconds.toFixed(1).padStart(7)} s`,
  );

/** A run out of a bare dist with an empty tool cache, less one whose cache is full. */
function ours(): Cost {
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  cpSync(join(root, 'dist'), join(folder, 'action'), { recursive: true });
  cpSync(join(root, 'demo'), join(folder, 'demo'), { recursive: true });
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    RUNNER_TEMP: folder,
    RUNNER_TOOL_CACHE: tools,
  };
  const validate = (name: string) =>
    run(
      process.execPath,
      [
        join(folder, 'action', 'cli.js'),
        '--model=demo/model/best.onnx',
        '--data=demo/data/data.yaml',
        `--output=${name}.onnx`,
        `--report-dir=${name}`,
      ],
      env,
    );
  const empty = validate('first');
  return { bytes: bytesIn(tools), seconds: empty - validate('second') };
}

function peers(interpreter: string): Cost {
  const environment = join(folder, 'venv');
  const made = run(interpreter, ['-m', 'venv', environment]);
  const bare = bytesIn(environment);
  const pip = join(environment, process.platform === 'win32' ? 'Scripts/pip.exe' : 'bin/pip');
  const seconds = run(pip, ['install', '--quiet', '--no-cache-dir', 'ultralytics', 'onnxruntime']);
  return { bytes: bytesIn(environment) - bare, seconds: made + seconds };
}

try {
  const mine = ours();
  tell('native parts', mine);
  if (python !== undefined) {
    const theirs = peers(python);
    tell('pip install ultralytics onnxruntime', theirs);
    console.log(
      `ratio: ${(theirs.bytes / mine.bytes).toFixed(0)} in bytes (must 50), ${(theirs.seconds / mine.seconds).toFixed(0)} in time (must 5)`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
