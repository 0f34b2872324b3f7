import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { packFolder } from '../../src/runtime/archive.ts';
import { installParts } from '../../src/runtime/install.ts';
import { installedVersion } from '../../src/runtime/load.ts';
import { type Lock, type LockedPackage, partsName } from '../../src/runtime/lock.ts';
import { baseOf, filesOf, isIntact } from '../../src/runtime/parts-folder.ts';
import { targetOf } from '../../src/runtime/target.ts';
import { temporaryFolder, writeTree } from './surroundings.ts';

/** Of another platform than most: npm must not mind. */
const target = targetOf('win32-arm64')!;

/** Stand-ins for packages, by name. */
const PACKAGES: Readonly<Record<string, LockedPackage>> = {
  'onnxruntime-common': { version: '1.2.3' },
  'onnxruntime-node': { version: '1.2.3', dependencies: { 'onnxruntime-common': '1.2.3' } },
  sharp: {
    version: '4.5.6',
    optionalDependencies: { '@img/sharp-win32-arm64': '4.5.6', '@img/sharp-other': '4.5.6' },
  },
  '@img/sharp-win32-arm64': { version: '4.5.6', optional: true, os: ['win32'], cpu: ['arm64'] },
  '@img/sharp-other': { version: '4.5.6', optional: true, os: ['haiku'] },
};

interface Published {
  readonly archive: Buffer;
  readonly integrity: string;
}

/** Makes the archives of all stand-ins. */
async function publish(): Promise<Map<string, Published>> {
  const published = new Map<string, Published>();
  for (const [name, { version }] of Object.entries(PACKAGES)) {
    const root = await temporaryFolder();
    await writeTree(join(root, 'in'), {
      'package/package.json': JSON.stringify({ name, version, scripts: { install: 'exit 1' } }),
    });
    await packFolder(join(root, 'in'), join(root, 'a.tgz'));
    const archive = await readFile(join(root, 'a.tgz'));
    const hash = createHash('sha512').update(archive).digest('base64');
    published.set(name, { archive, integrity: `sha512-${hash}` });
  }
  return published;
}

function lockOf(published: ReadonlyMap<string, Published>, wrong?: string): Lock {
  const packages = Object.entries(PACKAGES).map(([name, entry]) => {
    const { integrity } = published.get(name === wrong ? 'onnxruntime-common' : name)!;
    return [`node_modules/${name}`, { ...entry, integrity }] as const;
  });
  const dependencies = { 'onnxruntime-node': '1.2.3', sharp: '4.5.6' };
  return {
    name: 'x',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { dependencies }, ...Object.fromEntries(packages) },
  };
}

/** A registry on this machine, for the one npm of this test. */
async function serve(published: ReadonlyMap<string, Published>): Promise<void> {
  const server = createServer((request, response) => {
    const [, name = '', file] =
      /^\/((?:@[^/]+\/)?[^/]+)(\/-\/a\.tgz)?$/.exec(decodeURIComponent(request.url!)) ?? [];
    const found = published.get(name);
    if (!found) return void response.writeHead(404).end();
    if (file) return void response.end(found.archive);
    const { port } = server.address() as AddressInfo;
    const version = PACKAGES[name]!.version!;
    const dist = { tarball: `http://127.0.0.1:${port}/${name}/-/a.tgz`, integrity: found.integrity };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { name, version, dist } },
      }),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await useRegistry((server.address() as AddressInfo).port);
}

async function useRegistry(port: number): Promise<void> {
  const folder = await temporaryFolder();
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${port}/`);
  vi.stubEnv('npm_config_cache', join(folder, 'cache'));
  vi.stubEnv('npm_config_userconfig', join(folder, 'npmrc'));
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function emptyFolder(): Promise<string> {
  const folder = join(await temporaryFolder(), 'work');
  await mkdir(folder);
  return folder;
}

it('installs by npm what the target needs, and runs no scripts', async () => {
  const published = await publish();
  await serve(published);
  const folder = await emptyFolder();
  const lock = lockOf(published);
  await installParts(folder, lock, target);
  expect(await filesOf(folder)).toEqual([
    'native-parts.json',
    'node_modules/@img/sharp-win32-arm64/package.json',
    'node_modules/onnxruntime-common/package.json',
    'node_modules/onnxruntime-node/package.json',
    'node_modules/sharp/package.json',
    'package-lock.json',
    'package.json',
  ]);
  expect(installedVersion(baseOf(folder), 'sharp')).toBe('4.5.6');
  expect(await isIntact(folder, partsName(lock, target))).toBe(true);
});

it.each(['onnxruntime-node', '@img/sharp-win32-arm64'])('refuses a wrong hash of %s', async (wrong) => {
  const published = await publish();
  await serve(published);
  const folder = await emptyFolder();
  await expect(installParts(folder, lockOf(published, wrong), target)).rejects.toThrow(
    /must have the hashes of the action's lock file, .* EINTEGRITY/,
  );
  expect(existsSync(join(folder, 'native-parts.json'))).toBe(false);
});

it('says so when the registry does not have a package', async () => {
  const published = await publish();
  await serve(new Map([...published].filter(([name]) => name !== 'sharp')));
  await expect(installParts(await emptyFolder(), lockOf(published), target)).rejects.toThrow(
    /its registry does not have a package: E404/,
  );
});

it('says what to do when the registry is out of reach', async () => {
  await useRegistry(1);
  await expect(installParts(await emptyFolder(), lockOf(await publish()), target)).rejects.toThrow(
    /npm does not reach its registry: ECONNREFUSED.* `runtime-path`/,
  );
});
