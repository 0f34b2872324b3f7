import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { filesOf } from '../../src/runtime/parts-folder.ts';
import {
  currentTarget,
  isNativeTarget,
  isNeeded,
  NATIVE_TARGETS,
  partsTarget,
  targetName,
  targetOf,
  WEBASSEMBLY,
} from '../../src/runtime/target.ts';
import { webassemblyBase } from '../helpers/webassembly.ts';

const BIN = 'node_modules/onnxruntime-node/bin/napi-v6';

/** The package holds the binaries of all platforms. */
const installed = join(
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  '..',
  '..',
);
const binaries = (await filesOf(join(installed, BIN))).map((path) => `${BIN}/${path}`);

const KEPT: readonly (readonly [string, readonly string[]])[] = [
  ['linux-x64-glibc', ['linux/x64/libonnxruntime.so.1', 'linux/x64/onnxruntime_binding.node']],
  ['linux-arm64-glibc', ['linux/arm64/libonnxruntime.so.1', 'linux/arm64/onnxruntime_binding.node']],
  ['darwin-arm64', ['darwin/arm64/libonnxruntime.1.dylib', 'darwin/arm64/onnxruntime_binding.node']],
  ['win32-x64', ['win32/x64/onnxruntime.dll', 'win32/x64/onnxruntime_binding.node']],
  ['win32-arm64', ['win32/arm64/onnxruntime.dll', 'win32/arm64/onnxruntime_binding.node']],
];

it.each(KEPT)('%s needs its own library and binding only', (name, files) => {
  const target = targetOf(name)!;
  expect(binaries.filter((path) => isNeeded(path, target))).toEqual(files.map((file) => `${BIN}/${file}`));
});

it('has a test for every target', () => {
  expect(KEPT.map(([name]) => name)).toEqual(NATIVE_TARGETS);
});

it.each([
  ['linux-x64-glibc', 'libonnxruntime.so.1'],
  ['linux-arm64-glibc', 'libonnxruntime.so.1'],
  ['darwin-arm64', '@rpath/libonnxruntime.1.dylib'],
  ['win32-x64', 'onnxruntime.dll'],
  ['win32-arm64', 'onnxruntime.dll'],
])(
  'the binding of %s is linked to the library that is kept, and to none that is dropped',
  (name, library) => {
    const target = targetOf(name)!;
    const folder = `${BIN}/${target.platform}/${target.arch}`;
    const binding = readFileSync(join(installed, folder, 'onnxruntime_binding.node'));
    expect(binding.includes(`${library}\0`)).toBe(true);
    const dropped = binaries.filter((path) => path.startsWith(folder) && !isNeeded(path, target));
    expect(dropped).toHaveLength({ linux: 0, darwin: 1, win32: 3 }[target.platform]!);
    for (const path of dropped) {
      expect(binding.includes(basename(path)), path).toBe(false);
      expect(binding.includes(Buffer.from(basename(path), 'utf16le')), path).toBe(false);
    }
  },
);

it('a GPU needs more files, of the package or of its vendor’s script, and not the other provider of that', () => {
  const windows = targetOf('win32-x64-directx')!;
  expect(windows).toEqual({ platform: 'win32', arch: 'x64', libc: null, gpu: 'directx' });
  expect(binaries.filter((path) => isNeeded(path, windows)).map((path) => basename(path))).toEqual([
    'DirectML.dll',
    'dxcompiler.dll',
    'dxil.dll',
    'onnxruntime.dll',
    'onnxruntime_binding.node',
  ]);
  const brought = ['cuda', 'shared', 'tensorrt'].map(
    (name) => `${BIN}/linux/x64/libonnxruntime_providers_${name}.so`,
  );
  const needed = (name: string) => brought.map((path) => isNeeded(path, targetOf(name)!));
  expect(needed('linux-x64-glibc-cuda12')).toEqual([true, true, false]);
  expect(needed('linux-x64-glibc')).toEqual([false, false, false]);
});

it.each([
  ['cuda', 'linux-x64-glibc', 'linux-x64-glibc-cuda12'],
  ['cuda', 'win32-x64', 'win32-x64'],
  ['dml', 'win32-arm64', 'win32-arm64-directx'],
  ['webgpu', 'win32-x64', 'win32-x64-directx'],
  ['webgpu', 'linux-x64-glibc', 'linux-x64-glibc'],
  ['coreml', 'darwin-arm64', 'darwin-arm64'],
  ['auto', 'linux-x64-glibc', 'linux-x64-glibc'],
] as const)('%s on %s runs the parts %s', (device, machine, parts) => {
  const target = partsTarget(targetOf(machine)!, device);
  expect(targetName(target)).toBe(parts);
  expect(targetOf(parts)).toEqual(target);
  expect(isNativeTarget(target)).toBe(true);
});

it('keeps everything else but what npm notes for itself', () => {
  const target = targetOf('linux-x64-glibc')!;
  expect(isNeeded('node_modules/onnxruntime-node/dist/index.js', target)).toBe(true);
  expect(isNeeded('node_modules/@img/sharp-linux-x64/lib/sharp.node', target)).toBe(true);
  expect(isNeeded('node_modules/.package-lock.json', target)).toBe(false);
});

it('knows its own machine as Node does', () => {
  const { platform, arch, libc } = currentTarget();
  expect({ platform, arch }).toEqual({ platform: process.platform, arch: process.arch });
  const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].some((path) =>
    existsSync(path),
  );
  if (platform === 'linux') expect(libc).toBe(loader ? 'glibc' : 'musl');
  else expect(libc).toBeNull();
});

it.each([
  [{ platform: 'linux', arch: 'x64', libc: 'musl' }, 'linux-x64-musl'],
  [{ platform: 'darwin', arch: 'x64', libc: null }, 'darwin-x64'],
  [{ platform: 'linux', arch: 's390x', libc: 'glibc' }, 'linux-s390x-glibc'],
  [{ platform: 'freebsd', arch: 'x64', libc: null }, 'freebsd-x64'],
] as const)('%o has no native parts and runs WebAssembly', (machine, name) => {
  expect(targetName(machine)).toBe(name);
  expect(isNativeTarget(machine)).toBe(false);
  expect(targetOf(name)).toBeNull();
  expect(partsTarget(machine)).toBe(WEBASSEMBLY);
});

it('WebAssembly is a target by name, and machines with binaries do not run it', () => {
  expect(targetOf(targetName(WEBASSEMBLY))).toBe(WEBASSEMBLY);
  for (const name of NATIVE_TARGETS) expect(partsTarget(targetOf(name)!)).toEqual(targetOf(name));
});

it('WebAssembly needs what Node requires of onnxruntime-web, and nothing else of it', async () => {
  const folder = dirname(await webassemblyBase());
  const kept = (await filesOf(join(folder, 'node_modules/onnxruntime-web'))).filter(
    (path) => path !== 'package.json',
  );
  expect(kept).toEqual([
    'dist/ort-wasm-simd-threaded.mjs',
    'dist/ort-wasm-simd-threaded.wasm',
    'dist/ort.node.min.js',
  ]);
  const code = readFileSync(join(folder, 'node_modules/onnxruntime-web/dist/ort.node.min.js'), 'utf8');
  const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name!);
  expect(required.filter((name) => !isBuiltin(name))).toContain('onnxruntime-common');
  expect(new Set(required.filter((name) => !isBuiltin(name))).size).toBe(1);
});
