import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { chooseDevice, environmentOf, missingForCuda, requireMachine } from '../../src/runtime/device.ts';
import { libraryFinder, namesInCache } from '../../src/runtime/libraries.ts';
import type { Target } from '../../src/runtime/target.ts';

const LINUX: Target = { platform: 'linux', arch: 'x64', libc: 'glibc' };
const base = import.meta.filename;
const everything = () => true;
const nothing = () => false;
const folder = mkdtempSync(join(tmpdir(), 'device-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A package with a CUDA provider, which is no library. */
function baseWithCuda(): string {
  const root = join(folder, 'package');
  const bin = join(root, 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64');
  mkdirSync(bin, { recursive: true });
  mkdirSync(join(root, 'node_modules/onnxruntime-node/dist'), { recursive: true });
  writeFileSync(
    join(root, 'node_modules/onnxruntime-node/package.json'),
    JSON.stringify({ name: 'onnxruntime-node', version: '1.30.0', main: 'dist/index.js' }),
  );
  writeFileSync(join(root, 'node_modules/onnxruntime-node/dist/index.js'), '');
  writeFileSync(join(bin, 'libonnxruntime_providers_cuda.so'), '');
  return join(root, 'package.json');
}

describe('what is missing for CUDA', () => {
  test('is listed by what a user installs, with the libraries', () => {
    const found = new Set(['libcuda.so.1', 'libcudart.so.12', 'libcurand.so.10', 'libcufft.so.11']);
    const hasLibrary = (name: string) => found.has(name);
    expect(missingForCuda({ base, target: LINUX, hasLibrary })).toEqual([
      'CUDA 12 (libcublas.so.12, libcublasLt.so.12)',
      'cuDNN 9 (libcudnn.so.9)',
      'the CUDA build of ONNX Runtime (libonnxruntime_providers_cuda.so beside its binary)',
    ]);
    expect(missingForCuda({ base, target: LINUX, hasLibrary: nothing })[0]).toBe(
      'an NVIDIA driver (libcuda.so.1)',
    );
    expect(missingForCuda({ base: baseWithCuda(), target: LINUX, hasLibrary: everything })).toEqual([]);
  });

  test.each<Target>([
    { platform: 'darwin', arch: 'arm64', libc: null },
    { platform: 'linux', arch: 'arm64', libc: 'glibc' },
    { platform: 'linux', arch: 'x64', libc: 'musl' },
  ])('is the system itself on $platform $arch $libc', (target) => {
    const missing = missingForCuda({ base, target, hasLibrary: everything });
    expect(missing).toHaveLength(1);
    expect(missing[0]).toContain('Linux on x64 with glibc');
  });
});

describe('the device', () => {
  test('cpu is the CPU', async () => {
    const device = await chooseDevice('cpu', { base, target: LINUX, hasLibrary: everything });
    expect(device).toEqual({ provider: 'cpu', reason: 'device is cpu' });
  });

  test('auto takes the CPU where something is missing, and says what', async () => {
    const device = await chooseDevice('auto', { base, target: LINUX, hasLibrary: nothing });
    expect(device).toEqual({
      provider: 'cpu',
      reason: 'a GPU would need an NVIDIA driver (libcuda.so.1)',
    });
  });

  test('auto takes the CPU where all seems to be there and the model does not run', async () => {
    const surroundings = { base: baseWithCuda(), target: LINUX, hasLibrary: everything };
    const { provider, reason } = await chooseDevice('auto', surroundings);
    expect(provider).toBe('cpu');
    expect(reason).toMatch(/^the GPU does not work: onnxruntime-node .* must work on this machine/);
    await expect(chooseDevice('cuda', surroundings)).rejects.toThrow(
      /^device is cuda, but a tiny model does not run there: onnxruntime-node .* must work on this machine.* set `device: auto` or `device: cpu`/,
    );
  });

  test('cuda lists all that is missing, and what to do', async () => {
    const refused = chooseDevice('cuda', { base, target: LINUX, hasLibrary: nothing });
    await expect(refused).rejects.toThrow(
      /lacks an NVIDIA driver \(libcuda\.so\.1\); CUDA 12 \(.*\); cuDNN 9 \(libcudnn\.so\.9\); the CUDA build .*set `device: cpu`/,
    );
  });
});

describe('devices of other systems', () => {
  const MAC: Target = { platform: 'darwin', arch: 'arm64', libc: null };
  const WINDOWS: Target = { platform: 'win32', arch: 'x64', libc: null };

  test.each([
    ['coreml', MAC],
    ['dml', WINDOWS],
    ['webgpu', MAC],
    ['webgpu', WINDOWS],
    ['webgpu', LINUX],
  ] as const)('%s may be on %o', (asked, target) => {
    expect(() => requireMachine(asked, { target, hasLibrary: nothing })).not.toThrow();
  });

  test.each([
    [
      'coreml',
      LINUX,
      /^device is coreml, .* a Mac with an Apple processor; it is linux-x64-glibc\. .*`device: cpu`/,
    ],
    ['coreml', { ...MAC, arch: 'x64' }, /a Mac with an Apple processor; it is darwin-x64/],
    ['dml', LINUX, /Windows \(x64, arm64\); it is linux-x64-glibc/],
    ['webgpu', { platform: 'linux', arch: 'arm64', libc: 'glibc' }, /Vulkan.*; it is linux-arm64-glibc/],
    ['cuda', WINDOWS, /lacks Linux on x64 with glibc/],
  ] as const)('%s is an error on %o that says where it would work', (asked, target, message) => {
    expect(() => requireMachine(asked, { target, hasLibrary: everything })).toThrow(message);
  });

  test('CUDA that can be installed is not asked for before it is', () => {
    expect(() => requireMachine('cuda', { target: LINUX, hasLibrary: everything })).not.toThrow();
    expect(() => requireMachine('cuda', { target: LINUX, hasLibrary: nothing })).toThrow(
      /lacks an NVIDIA driver .*cuDNN 9 \(libcudnn\.so\.9\)\. /,
    );
  });

  test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
    'WebGPU without a card is an error that says so, from the package itself',
    async () => {
      const webgpu = chooseDevice('webgpu', { base, target: LINUX, hasLibrary: nothing });
      // A machine that has one runs the tiny model.
      const device = await webgpu.catch((error: Error) => error.message);
      expect(device).toEqual(
        typeof device === 'string'
          ? expect.stringMatching(
              /^device is webgpu, but a tiny model does not run there: .*Set|set `device: auto`/,
            )
          : { provider: 'webgpu', reason: 'device is webgpu' },
      );
    },
  );

  test('TF32 is off for CUDA alone', () => {
    expect(environmentOf('cuda')).toEqual({ NVIDIA_TF32_OVERRIDE: '0' });
    expect(environmentOf('webgpu')).toEqual({});
  });
});

describe('libraries', () => {
  test('are found in the folders of the search path and in the cache of the linker', async () => {
    writeFileSync(join(folder, 'libmine.so.7'), '');
    expect((await libraryFinder(''))('libmine.so.7')).toBe(false);
    expect((await libraryFinder(`/nowhere:${folder}`))('libmine.so.7')).toBe(true);
    expect((await libraryFinder(''))('libc.so.6')).toBe(true);
  });

  test('of the cache are read from what ldconfig prints', () => {
    const printed =
      "2 libs found in cache `/etc/ld.so.cache'\n\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/libcuda.so.1\n\tld-linux.so.2 (ELF) => /lib/ld-linux.so.2\n";
    expect([...namesInCache(printed)]).toEqual(['libcuda.so.1', 'ld-linux.so.2']);
  });
});
