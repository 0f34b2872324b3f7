// Runs a script of this repository on Node 24 with everything it needs installed: `node scripts/dev.mjs NAME [ARG ...]`.
// It is plain JavaScript without dependencies, so that it starts on a fresh clone and on any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.installed-lock-sha256');

/** Each name is a list of commands, run in order; the first that fails ends the run with its exit status. */
const SCRIPTS = {
  demo: [['node', 'scripts/demo.mjs']],
  build: [['node', 'scripts/build.mjs']],
  generate: [
    ['buf', 'generate', '--template', 'scripts/buf.gen.yaml', 'src/onnx'],
    ['node', 'scripts/action-yml.ts'],
    ['node', '--disable-warning=ExperimentalWarning', 'scripts/troubleshooting.ts'],
  ],
  lint: [['biome', 'check', '--error-on-warnings', '.']],
  types: [['tsc', '--noEmit']],
  unit: [['vitest', 'run']],
  'check-dist': [['node', 'scripts/check-dist.mjs']],
  licences: [['node', 'scripts/licences.mjs']],
  cases: [['vitest', 'run', '--config', 'test/cases/vitest.config.ts']],
  e2e: [['vitest', 'run', '--config', 'test/e2e/vitest.config.ts']],
  bench: [['node', 'bench/bench.ts']],
  look: [['node', 'scripts/look.ts']],
  'test:coverage': [['vitest', 'run', '--config', 'test/metrics/bootstrap-coverage.config.ts']],
  'test:faults': [['vitest', 'run', '--config', 'test/faults/vitest.config.ts']],
  fuzz: [['node', 'scripts/fuzz.ts']],
  'runtime:pack': [['node', 'scripts/runtime-pack.mjs']],
  node: [['node']],
};
SCRIPTS.test = [
  ...SCRIPTS.lint,
  ...SCRIPTS.types,
  ...SCRIPTS['check-dist'],
  ...SCRIPTS.licences,
  ...SCRIPTS.unit,
];

function run(command, args, env) {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit', shell });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function installWhatIsMissing() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing the packages of package-lock.json (npm ci) …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], process.env);
  writeFileSync(stamp, wanted);
}

/** The folder of a Node 24 binary: the pinned development dependency, or else the Node that runs this. */
function node24Folder() {
  const packaged = join(
    modules,
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    'bin',
  );
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= 24) return dirname(process.execPath);
  console.error(
    `Node 24 or newer is needed here, this is ${process.version}. Install it and run the command again.`,
  );
  process.exit(1);
}

const [name, ...args] = process.argv.slice(2);
const steps = SCRIPTS[name];
if (!steps) {
  console.error(`Unknown script ${name}: one of ${Object.keys(SCRIPTS).join(', ')}.`);
  process.exit(1);
}
installWhatIsMissing();
const PATH = [node24Folder(), join(modules, '.bin'), process.env.PATH].join(delimiter);
for (const [index, [command, ...fixed]] of steps.entries()) {
  const extra = index === steps.length - 1 ? args : [];
  // As src/no-telemetry.ts does for those who use the action: tests and benchmarks load ONNX Runtime by themselves.
  run(command, [...fixed, ...extra], { ...process.env, PATH, ORT_DISABLE_TELEMETRY: '1' });
}
