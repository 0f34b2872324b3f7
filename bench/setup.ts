import { spawn, spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interpreter } from './python.ts';
import { type Context, type Measured, Needs } from './types.ts';

const ROOT = join(import.meta.dirname, '..');

/** How a run of the bundle alone went, as a runner has it, on the embedded detector and one picture. */
interface Run {
  /** From the start of the process to the picture through both models: the first inference was a little earlier. */
  readonly toPicture: number;
  readonly whole: number;
  readonly log: string;
}

/** What something takes to be installed. */
interface Cost {
  readonly bytes: number;
  readonly seconds: number;
}

let installed: ReturnType<typeof install> | null = null;

/** The one that all rows share. */
function installation(context: Context): ReturnType<typeof install> {
  installed ??= install(context);
  return installed;
}

/** Seconds from the start of the action to its first inference, with the native packages in the tool cache. */
export async function measureStart(context: Context): Promise<Measured> {
  const { cost, again } = await installation(context);
  const seconds: number[] = [];
  for (let run = 0; run < (context.quick ? 1 : 5); run++) seconds.push((await again()).toPicture);
  const sorted = seconds.toSorted((a, b) => a - b);
  return {
    value: sorted[sorted.length >> 1]!,
    parts: { 'slowest s': sorted.at(-1)!, 'the installation before s': cost.seconds },
  };
}

/** Megabytes of our native parts on the disk. */
export async function measureSize(context: Context): Promise<Measured> {
  const { cost } = await installation(context);
  return { value: cost.bytes / 1e6, parts: { 'installed in s': cost.seconds } };
}

let peers: Cost | null = null;

/** What `pip install ultralytics onnxruntime` brings, over our native parts; with the registries as they are. */
export async function measureSetup(context: Context, of: keyof Cost): Promise<Measured> {
  if (context.compare === null || context.quick) throw new Needs('--compare PYTHON with venv');
  const { cost } = await installation(context);
  peers ??= installPeers(context, context.compare);
  const unit = of === 'bytes' ? 'bytes' : 's';
  return {
    value: peers[of] / cost[of],
    parts: { [`ours ${unit}`]: cost[of], [`theirs ${unit}`]: peers[of] },
  };
}

/** Runs the action with an empty tool cache; its cost is what this run takes longer than the next one. */
async function install({ folder }: Context) {
  const work = join(folder, 'setup');
  const tools = join(work, 'tools');
  mkdirSync(tools, { recursive: true });
  cpSync(join(ROOT, 'dist'), join(work, 'action'), { recursive: true });
  cpSync(join(ROOT, 'demo', 'data'), join(work, 'data'), { recursive: true });
  const [picture] = readdirSync(join(work, 'data', 'images', 'val')).sort();
  const names = 'names: [circle, square, triangle, star, cross]';
  writeFileSync(join(work, 'data.yaml'), `path: data\nval: images/val/${picture}\n${names}\n`);
  const first = await run(work, tools);
  const again = async () => {
    const next = await run(work, tools);
    if (!next.log.includes('come from tool cache')) throw new Error(next.log);
    return next;
  };
  return { cost: { bytes: bytesIn(tools), seconds: first.whole - (await again()).whole }, again };
}

async function run(work: string, tools: string): Promise<Run> {
  cpSync(join(ROOT, 'demo', 'model', 'best.onnx'), join(work, 'best.onnx'));
  rmSync(join(work, 'best.unpruned.onnx'), { force: true });
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    RUNNER_TEMP: work,
    RUNNER_TOOL_CACHE: tools,
    INPUT_MODEL: 'best.onnx',
    INPUT_DATA: 'data.yaml',
    'INPUT_FAIL-ON-DROP': 'false',
  };
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const child = spawn(process.execPath, ['action/index.js'], { cwd: work, env });
  let log = '';
  let toPicture = Number.NaN;
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk;
    if (Number.isNaN(toPicture) && /^1 images through both models/m.test(log)) toPicture = seconds();
  });
  await new Promise((resolve) => child.on('close', resolve));
  if (Number.isNaN(toPicture)) throw new Error(log);
  return { toPicture, whole: seconds(), log };
}

function installPeers({ folder }: Context, python: string): Cost {
  const environment = join(folder, 'venv');
  const made = timed(interpreter(python), ['-m', 'venv', environment]);
  const bare = bytesIn(environment);
  const pip = join(environment, process.platform === 'win32' ? 'Scripts/pip.exe' : 'bin/pip');
  const seconds = timed(pip, ['install', '--quiet', '--no-cache-dir', 'ultralytics', 'onnxruntime']);
  return { bytes: bytesIn(environment) - bare, seconds: made + seconds };
}

function timed(command: string, args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, [...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return (performance.now() - started) / 1000;
}

function bytesIn(path: string): number {
  const found = lstatSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0);
}
