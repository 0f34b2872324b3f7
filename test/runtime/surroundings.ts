import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import type { Lock } from '../../src/runtime/lock.ts';
import type { KeptParts, PrepareOptions } from '../../src/runtime/prepare.ts';
import { currentTarget } from '../../src/runtime/target.ts';

/** A lock file of stand-ins. */
export const LOCK: Lock = {
  name: 'stand-ins',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { dependencies: { 'onnxruntime-node': '1.2.3', sharp: '4.5.6' } },
    'node_modules/onnxruntime-node': { version: '1.2.3', integrity: 'sha512-a' },
    'node_modules/sharp': { version: '4.5.6', integrity: 'sha512-b' },
  },
};

/** A lock file of stand-ins for WebAssembly. */
export const WEBASSEMBLY_LOCK: Lock = {
  name: 'stand-ins',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { dependencies: { '@img/sharp-wasm32': '4.5.6', 'onnxruntime-web': '1.2.3', sharp: '4.5.6' } },
    'node_modules/@img/sharp-wasm32': { version: '4.5.6', integrity: 'sha512-d' },
    'node_modules/onnxruntime-web': { version: '1.2.3', integrity: 'sha512-c' },
    'node_modules/sharp': { version: '4.5.6', integrity: 'sha512-b' },
  },
};

/** JavaScript that passes the probe as ONNX Runtime does. */
export const ORT =
  'exports.env = { wasm: {} }; exports.Tensor = class {}; exports.InferenceSession = { create: async () => ({ run: async () => ({ y: { data: [285] } }) }) };';

/** JavaScript that passes the probe as sharp does. */
export const SHARP = 'module.exports = () => ({ raw: () => ({ toBuffer: async () => [10, 20, 30] }) });';

/** A folder of its own for one test, without symbolic links in its path. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'runtime-test-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Writes files below a folder by their relative paths. */
export async function writeTree(root: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** Stand-ins for both packages, as npm would install them below a folder. */
export function standIns({ ort = ORT, sharp = SHARP, ortVersion = '1.2.3' } = {}): Record<string, string> {
  return {
    'node_modules/onnxruntime-node/package.json': JSON.stringify({ version: ortVersion, main: 'index.js' }),
    'node_modules/onnxruntime-node/index.js': ort,
    'node_modules/onnxruntime-node/bin/napi-v6/haiku/z80/onnxruntime_binding.node': 'of another platform',
    'node_modules/sharp/package.json': JSON.stringify({
      version: '4.5.6',
      main: 'index.js',
      exports: './index.js',
    }),
    'node_modules/sharp/index.js': sharp,
  };
}

/** Stand-ins for the packages of WebAssembly. */
export function webassemblyStandIns(): Record<string, string> {
  const native = Object.entries(standIns()).filter(([path]) => path.includes('/sharp/'));
  return {
    ...Object.fromEntries(native),
    'node_modules/@img/sharp-wasm32/package.json': JSON.stringify({ version: '4.5.6' }),
    'node_modules/onnxruntime-web/package.json': JSON.stringify({
      version: '1.2.3',
      main: 'dist/ort.node.min.js',
    }),
    'node_modules/onnxruntime-web/dist/ort.node.min.js': ORT,
    'node_modules/onnxruntime-web/dist/ort.js': 'for browsers',
  };
}

/** What a test may look at and change around `prepareNativeParts`. */
export interface Surroundings {
  readonly options: PrepareOptions;
  /** The folder of the bundle. */
  readonly dist: string;
  readonly root: string;
  readonly lines: string[];
  /** The `npm` commands so far. */
  npmCalls(): Promise<string[]>;
}

/**
 * A bundle with a lock file in an empty folder, empty caches, and a PATH on which `npm` is a shell script.
 *
 * @param npm what the script does for `npm ci`; by default it copies stand-ins.
 */
export async function surroundings({
  npm = 'cp -R "$STAND_INS"/node_modules .',
  parts = standIns(),
  kept = null as KeptParts | null,
} = {}): Promise<Surroundings> {
  const root = await temporaryFolder();
  const dist = join(root, 'dist');
  const lines: string[] = [];
  await writeTree(root, {
    'dist/runtime/package-lock.json': JSON.stringify(LOCK),
    'dist/runtime/webassembly/package-lock.json': JSON.stringify(WEBASSEMBLY_LOCK),
    'npm.log': '',
  });
  await writeTree(join(root, 'stand-ins'), parts);
  await fakeNpm(join(root, 'bin'), `case "$1" in ci) ${npm} ;; esac`);
  vi.stubEnv('STAND_INS', join(root, 'stand-ins'));
  vi.stubEnv('NPM_LOG', join(root, 'npm.log'));
  vi.stubEnv('PATH', `${join(root, 'bin')}:/usr/bin:/bin`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    root,
    dist,
    lines,
    npmCalls: async () => (await readFile(join(root, 'npm.log'), 'utf8')).split('\n').filter(Boolean),
    options: {
      bundleUrl: pathToFileURL(join(dist, 'index.js')).href,
      toolCache: join(root, 'tools'),
      temp: join(root, 'temp'),
      target: currentTarget(),
      device: 'cpu',
      environment: {},
      runtimePath: null,
      kept,
      log: { info: (line) => void lines.push(line), warning: (line) => void lines.push(`warning: ${line}`) },
    },
  };
}

/** Writes a shell script `npm` that notes its command and then does as it is told. */
export async function fakeNpm(folder: string, script: string): Promise<void> {
  await writeTree(folder, { npm: `#!/bin/sh\necho "$1" >> "$NPM_LOG"\n${script}\n` });
  await chmod(join(folder, 'npm'), 0o755);
}
