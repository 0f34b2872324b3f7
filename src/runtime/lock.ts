import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Target, targetName, WEBASSEMBLY } from './target.ts';

/** What the build of `onnxruntime-web` for Node requires; its builds for browsers need more. */
const ORT_WEB_NEEDS = ['onnxruntime-common'];

type Ranges = Readonly<Record<string, string>>;

/** What a lock file says of one package. */
export interface LockedPackage {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Hash of the package's archive: npm refuses any other. */
  readonly integrity?: string | undefined;
  readonly dependencies?: Ranges | undefined;
  readonly optionalDependencies?: Ranges | undefined;
  readonly optional?: boolean | undefined;
  readonly os?: readonly string[] | undefined;
  readonly cpu?: readonly string[] | undefined;
  readonly libc?: readonly string[] | undefined;
}

/** An npm lock file: packages by their folder; the project itself is `''`. */
export interface Lock {
  readonly name: string;
  readonly lockfileVersion: 3;
  readonly requires: true;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/**
 * The part of a project's lock file that its dependencies need, on all platforms: not what it is developed with. It names no
 * registry: npm follows the user's own configuration.
 */
export function partsLock(project: Lock): Lock {
  return closure(
    project,
    () => true,
    (entry) => {
      const { version, integrity, dependencies, optionalDependencies, optional, os, cpu, libc } = entry;
      return { version, integrity, dependencies, optionalDependencies, optional, os, cpu, libc };
    },
  );
}

/**
 * A lock file for one target, in which nothing is optional any more.
 *
 * npm leaves an optional package out without a word when it cannot be had or its hash is wrong, and sharp's binaries are
 * optional packages. It also makes npm's version and own idea of the platform irrelevant.
 */
export function lockFor(lock: Lock, target: Target): Lock {
  const fits = ({ os, cpu, libc }: LockedPackage) =>
    (!os || os.includes(target.platform)) &&
    (!cpu || (target.arch !== null && cpu.includes(target.arch))) &&
    (!libc || (target.libc !== null && libc.includes(target.libc)));
  return closure(lock, fits, ({ version, integrity, dependencies, optionalDependencies }, path) => {
    const present = Object.entries(optionalDependencies ?? {}).filter(([name]) => {
      const found = locate(lock, path, name);
      return found !== null && fits(lock.packages[found]!);
    });
    return { version, integrity, dependencies: { ...dependencies, ...Object.fromEntries(present) } };
  });
}

/** The manifest (package.json) that belongs to a lock file. */
export function manifestOf({ packages }: Lock): object {
  return { ...packages[''], private: true };
}

/** The packages that a lock file is made for, with their versions: ONNX Runtime and sharp, and sharp's WebAssembly if any. */
export function lockedPackages({ packages }: Lock): ReadonlyMap<string, string> {
  const names = Object.keys(packages['']!.dependencies!).sort();
  return new Map(names.map((name) => [name, packages[`node_modules/${name}`]!.version!]));
}

/** The version of ONNX Runtime in a lock file. */
export function ortVersion(lock: Lock): string {
  return [...lockedPackages(lock)].find(([name]) => name.startsWith('onnxruntime-'))![1];
}

/**
 * The name of an installation: a semantic version of both packages, `/`, the target and a hash of the lock file that is
 * installed, such as `1.30.0-sharp.0.35.5/linux-x64-glibc-0123abcd`.
 */
export function partsName(lock: Lock, target: Target): string {
  const version = `${ortVersion(lock)}-sharp.${lockedPackages(lock).get('sharp')}`;
  const hash = createHash('sha256')
    .update(JSON.stringify(lockFor(lock, target)))
    .digest('hex');
  return `${version}/${targetName(target)}-${hash.slice(0, 8)}`;
}

/**
 * Reads the lock file for a target: the one that lies in `runtime/` beside the bundle, or where the sources run the one that
 * it is made from.
 */
export async function readLock(bundleUrl: string, target: Target): Promise<Lock> {
  const read = async (path: string) => JSON.parse(await readFile(new URL(path, bundleUrl), 'utf8')) as Lock;
  const folder = target === WEBASSEMBLY ? './runtime/webassembly/' : './runtime/';
  if (!bundleUrl.endsWith('.ts')) return read(`${folder}package-lock.json`);
  return partsLock(
    await read(target === WEBASSEMBLY ? `${folder}package-lock.json` : '../package-lock.json'),
  );
}

/** What a project depends on as far as `fits`, in order of the folders. */
function closure(
  lock: Lock,
  fits: (entry: LockedPackage) => boolean,
  trim: (entry: LockedPackage, path: string) => LockedPackage,
): Lock {
  const name = 'yolo-prune-native-parts';
  const wanted = Object.keys(lock.packages['']!.dependencies!).sort();
  const found = new Set<string>();
  const visit = (from: string, names: readonly string[]) => {
    for (const name of names) {
      const path = locate(lock, from, name);
      if (path === null || found.has(path) || !fits(lock.packages[path]!)) continue;
      found.add(path);
      const { dependencies, optionalDependencies } = entryOf(lock, path);
      visit(path, Object.keys({ ...dependencies, ...optionalDependencies }));
    }
  };
  visit('', wanted);
  const packages = [...found].sort().map((path) => {
    const entry = entryOf(lock, path);
    if (!entry.integrity) throw new Error(`${path} has no integrity hash in the lock file.`);
    return [path, trim(entry, path)] as const;
  });
  const dependencies = Object.fromEntries(lockedPackages(lock));
  return {
    name,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name, dependencies }, ...Object.fromEntries(packages) },
  };
}

function entryOf({ packages }: Lock, path: string): LockedPackage {
  const entry = packages[path]!;
  if (path !== 'node_modules/onnxruntime-web') return entry;
  const needed = Object.entries(entry.dependencies ?? {}).filter(([name]) => ORT_WEB_NEEDS.includes(name));
  return { ...entry, dependencies: Object.fromEntries(needed) };
}

/** The folder that Node finds a package in, seen from another package's folder. */
function locate({ packages }: Lock, from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('node_modules/'))) {
    const path = `${folder && !folder.endsWith('/') ? `${folder}/` : folder}node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === '') return null;
  }
}
