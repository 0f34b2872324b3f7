import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  type Lock,
  lockedPackages,
  lockFor,
  manifestOf,
  ortVersion,
  partsLock,
  partsName,
} from '../../src/runtime/lock.ts';
import { NATIVE_TARGETS, targetOf, WEBASSEMBLY } from '../../src/runtime/target.ts';
import { LOCK } from './surroundings.ts';

const repository = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as Lock;
const shipped = partsLock(repository);
const webassembly = lockFor(
  partsLock(
    JSON.parse(
      readFileSync(new URL('../../src/runtime/webassembly/package-lock.json', import.meta.url), 'utf8'),
    ) as Lock,
  ),
  WEBASSEMBLY,
);
const linux = targetOf('linux-x64-glibc')!;

it('ships the versions and hashes of the repository, and no registry', () => {
  for (const [path, entry] of Object.entries(shipped.packages)) {
    if (path === '') continue;
    const { version, integrity } = repository.packages[path]!;
    expect(entry).toMatchObject({ version, integrity });
    expect(entry.integrity).toMatch(/^sha512-/);
  }
  expect(JSON.stringify(shipped)).not.toMatch(/resolved|https?:/);
  expect(manifestOf(shipped)).toEqual({
    name: 'yolo-prune-native-parts',
    private: true,
    dependencies: repository.packages['']!.dependencies,
  });
});

it('ships what the native packages need and nothing else', () => {
  const paths = Object.keys(shipped.packages);
  expect(paths).toContain('node_modules/onnxruntime-common');
  expect(paths).toContain('node_modules/@img/sharp-win32-x64');
  expect(paths).not.toContain('node_modules/vitest');
});

it.each([
  ['linux-x64-glibc', ['libvips-linux-x64', 'linux-x64']],
  ['linux-arm64-glibc', ['libvips-linux-arm64', 'linux-arm64']],
  ['darwin-arm64', ['darwin-arm64', 'libvips-darwin-arm64']],
  ['win32-x64', ['win32-x64']],
  ['win32-arm64', ['win32-arm64']],
])('installs for %s the binaries of sharp that fit, and nothing optional', (name, binaries) => {
  const { packages } = lockFor(shipped, targetOf(name)!);
  const found = Object.keys(packages).filter((path) => path.includes('@img/sharp-'));
  expect(found).toEqual(binaries.map((binary) => `node_modules/@img/sharp-${binary}`));
  expect(JSON.stringify(packages)).not.toMatch(/"optional|"os"|"cpu"|"libc"/);
  expect(packages['node_modules/sharp']!.dependencies).toMatchObject(
    Object.fromEntries(binaries.map((binary) => [`@img/sharp-${binary}`, expect.any(String)])),
  );
});

it('finds a dependency where Node finds it: in the package that needs it, then above', () => {
  const nested: Lock = {
    ...LOCK,
    packages: {
      '': LOCK.packages['']!,
      'node_modules/onnxruntime-node': { version: '1.2.3', integrity: 'a', dependencies: { x: '1', y: '1' } },
      'node_modules/onnxruntime-node/node_modules/x': {
        version: '1',
        integrity: 'b',
        dependencies: { y: '1' },
      },
      'node_modules/sharp': { version: '4.5.6', integrity: 'c' },
      'node_modules/x': { version: '2', integrity: 'd' },
      'node_modules/y': { version: '1', integrity: 'e' },
    },
  };
  expect(Object.keys(lockFor(nested, linux).packages)).toEqual([
    '',
    'node_modules/onnxruntime-node',
    'node_modules/onnxruntime-node/node_modules/x',
    'node_modules/sharp',
    'node_modules/y',
  ]);
});

it('refuses a package without a hash', () => {
  const packages = { ...LOCK.packages, 'node_modules/sharp': { version: '4.5.6' } };
  expect(() => partsLock({ ...LOCK, packages })).toThrow('node_modules/sharp has no integrity hash');
});

it('names an installation by versions, target and hashes', () => {
  expect(partsName(LOCK, linux)).toMatch(/^1\.2\.3-sharp\.4\.5\.6\/linux-x64-glibc-[0-9a-f]{8}$/);
  const packages = { ...LOCK.packages, 'node_modules/sharp': { version: '4.5.6', integrity: 'sha512-c' } };
  const names = [
    ...NATIVE_TARGETS.map((name) => partsName(LOCK, targetOf(name)!)),
    partsName({ ...LOCK, packages }, linux),
  ];
  expect(new Set(names).size).toBe(NATIVE_TARGETS.length + 1);
});

it('ships WebAssembly in the same versions, without a binary, and without what is for browsers only', () => {
  const versions = Object.fromEntries(
    Object.entries(webassembly.packages).map(([path, { version }]) => [path, version]),
  );
  const ort = ortVersion(shipped);
  expect(ortVersion(webassembly)).toBe(ort);
  expect(versions).toEqual({
    '': undefined,
    'node_modules/@emnapi/runtime': expect.any(String),
    'node_modules/@img/colour': shipped.packages['node_modules/@img/colour']!.version,
    'node_modules/@img/sharp-wasm32': lockedPackages(shipped).get('sharp'),
    'node_modules/detect-libc': shipped.packages['node_modules/detect-libc']!.version,
    'node_modules/onnxruntime-common': ort,
    'node_modules/onnxruntime-web': ort,
    'node_modules/semver': shipped.packages['node_modules/semver']!.version,
    'node_modules/sharp': lockedPackages(shipped).get('sharp'),
    'node_modules/tslib': expect.any(String),
  });
  expect(JSON.stringify(webassembly)).not.toMatch(/resolved|https?:|"optional|"os"|"cpu"|"libc"/);
});

it('means the same by the WebAssembly lock file of the sources and by the shipped one', () => {
  expect(lockFor(webassembly, WEBASSEMBLY)).toEqual(webassembly);
  expect(partsName(webassembly, WEBASSEMBLY)).toMatch(/\/webassembly-[0-9a-f]{8}$/);
});
