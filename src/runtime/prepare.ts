import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { addEntry, findEntry, type PartsCache } from './cache.ts';
import { installParts } from './install.ts';
import { installedVersion, type NativeBase } from './load.ts';
import { type Lock, lockedVersion, NATIVE_PACKAGES, partsName, readNativeLock } from './lock.ts';
import { baseOf, isIntact } from './parts-folder.ts';
import { probe } from './probe.ts';
import { openRuntimePath } from './runtime-path.ts';
import { isNativeTarget, type Target, targetName } from './target.ts';

/** Where installations outlive the machine: @actions/cache. Neither method fails. */
export interface KeptParts {
  /** Fills an empty folder with what was kept under a key; false where nothing was. */
  restore(key: string, folder: string): Promise<boolean>;
  save(key: string, folder: string): Promise<void>;
}

/** The surroundings of a run, as its entry knows them. */
export interface PrepareOptions {
  /** `import.meta.url` of the entry: packages are looked for from there upwards, and `runtime/` lies beside it. */
  readonly bundleUrl: string;
  /** Where installations stay: `RUNNER_TOOL_CACHE`, or else `userCacheFolder()`. */
  readonly toolCache: string;
  /** The folder for temporary files: `RUNNER_TEMP`, or else the system's. */
  readonly temp: string;
  /** `currentTarget()`. */
  readonly target: Target;
  /** Input `runtime-path`. */
  readonly runtimePath: string | null;
  /** `actionsCache()` in a workflow, `null` elsewhere. */
  readonly kept: KeptParts | null;
  readonly log: Pick<Log, 'info' | 'warning'>;
}

/** Native packages that work on this machine. */
export interface PreparedParts {
  readonly base: NativeBase;
  /** Where they came from, in words for the log. */
  readonly how: string;
}

interface Search extends PrepareOptions {
  readonly lock: Lock;
  readonly cache: PartsCache;
}

/**
 * Finds ONNX Runtime and sharp, or installs them: beside the bundle or above → `runtime-path` → tool cache → kept by
 * @actions/cache → npm. Whatever is found must be of the versions in the lock file, and has run a tiny model and decoded a
 * tiny picture before it is returned.
 *
 * Safe to be called by several processes at once and to be killed at any time.
 *
 * @throws {UserError} when this machine has no native parts, they cannot be had, or do not work here.
 */
export async function prepareNativeParts(options: PrepareOptions): Promise<PreparedParts> {
  refuseUnsupported(options.target);
  const lock = await readNativeLock(options.bundleUrl);
  const cache = { root: options.toolCache, name: partsName(lock, options.target) };
  const search = { ...options, lock, cache };
  return (
    (await besideBundle(search)) ??
    (await fromRuntimePath(search)) ??
    (await fromToolCache(search)) ??
    (await fromKept(search)) ??
    (await fromNpm(search))
  );
}

function refuseUnsupported(target: Target): void {
  if (isNativeTarget(target)) return;
  throw new UserError(
    'runtime',
    `The machine must be Linux with glibc (x64, arm64), macOS (arm64) or Windows (x64, arm64), but it is ${targetName(target)}.`,
    'Run the job on such a machine or container image; Alpine has musl instead of glibc.',
  );
}

/** A developer's checkout, where `npm ci` has been run. */
async function besideBundle({ bundleUrl, lock, log }: Search): Promise<PreparedParts | null> {
  if (NATIVE_PACKAGES.every((name) => installedVersion(bundleUrl, name) === null)) return null;
  const mismatch = versionMismatch(bundleUrl, lock);
  if (mismatch) {
    log.info(`The packages beside the action are not used: ${mismatch}.`);
    return null;
  }
  try {
    await probe(bundleUrl);
    return { base: bundleUrl, how: 'node_modules beside the action' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log.warning(`The packages beside the action are not used: ${error.problem}`);
    return null;
  }
}

async function fromRuntimePath(search: Search): Promise<PreparedParts | null> {
  const { runtimePath, lock, cache, log } = search;
  if (runtimePath === null) return null;
  const folder = await inWorkFolder(search, (work) => openRuntimePath(runtimePath, cache, work, log));
  const base = baseOf(folder);
  const mismatch = versionMismatch(base, lock);
  if (mismatch) {
    throw new UserError(
      'input',
      `runtime-path must hold the packages that this version of the action needs, but ${runtimePath} does not: ${mismatch}.`,
      'Make it again by `npm run runtime:pack` in this version of the action.',
    );
  }
  await probe(base);
  return { base, how: `runtime-path ${runtimePath}` };
}

async function fromToolCache({ cache }: Search): Promise<PreparedParts | null> {
  const folder = await findEntry(cache);
  if (folder === null) return null;
  await probe(baseOf(folder));
  return { base: baseOf(folder), how: `tool cache ${folder}` };
}

async function fromKept(search: Search): Promise<PreparedParts | null> {
  const { kept, cache, log } = search;
  if (kept === null) return null;
  const folder = await inWorkFolder(search, async (work) => {
    if (!(await kept.restore(keyOf(cache), work))) return null;
    if (await isIntact(work, cache.name)) return addProbed(search, work);
    log.warning('The native parts that the Actions cache kept are damaged: they are installed anew.');
    return null;
  });
  return folder === null ? null : { base: baseOf(folder), how: 'Actions cache' };
}

async function fromNpm(search: Search): Promise<PreparedParts> {
  const { kept, cache, lock, target, log } = search;
  log.info(
    `Installing ${NATIVE_PACKAGES.map((name) => `${name} ${lockedVersion(lock, name)}`).join(' and ')} by npm, once.`,
  );
  const folder = await inWorkFolder(search, async (work) => {
    await installParts(work, lock, target);
    return addProbed(search, work);
  });
  await kept?.save(keyOf(cache), folder);
  return { base: baseOf(folder), how: 'npm' };
}

async function addProbed({ cache, log }: Search, work: string): Promise<string> {
  await probe(baseOf(work));
  return addEntry(cache, work, log);
}

/** Runs something with a new temporary folder, which is removed afterwards unless it is the result. */
async function inWorkFolder<T extends string | null>(
  { temp }: Search,
  use: (work: string) => Promise<T>,
): Promise<T> {
  await mkdir(temp, { recursive: true });
  const work = await mkdtemp(join(temp, 'yolo-prune-runtime-'));
  let result: T | undefined;
  try {
    result = await use(work);
    return result;
  } finally {
    if (result !== work) await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

function keyOf({ name }: PartsCache): string {
  return `yolo-prune-runtime-${name.replaceAll('/', '-')}`;
}

function versionMismatch(base: NativeBase, lock: Lock): string | null {
  const wrong = NATIVE_PACKAGES.filter((name) => installedVersion(base, name) !== lockedVersion(lock, name));
  if (wrong.length === 0) return null;
  return wrong
    .map(
      (name) =>
        `${name} must be ${lockedVersion(lock, name)} and is ${installedVersion(base, name) ?? 'missing'}`,
    )
    .join(', ');
}
