import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { addEntry, findEntry, type PartsCache } from './cache.ts';
import { hasCudaBuild } from './device.ts';
import { installParts } from './install.ts';
import type { Environment } from './install-cuda.ts';
import { installedVersion, type NativeBase, ortPackage } from './load.ts';
import { type Lock, lockedPackages, partsName, readLock } from './lock.ts';
import { baseOf, isIntact } from './parts-folder.ts';
import { probe } from './probe.ts';
import { openRuntimePath } from './runtime-path.ts';
import {
  type AskedDevice,
  isNativeTarget,
  partsTarget,
  type Target,
  targetName,
  WEBASSEMBLY,
} from './target.ts';

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
  /** The machine: `currentTarget()`. */
  readonly target: Target;
  /** Input `device`: a GPU may need more than the CPU. */
  readonly device: AskedDevice;
  /** The environment of this process, for the script that installs CUDA. */
  readonly environment: Environment;
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
  readonly machine: Target;
  /** What is looked for: `partsTarget` of the machine. */
  readonly target: Target;
  readonly lock: Lock;
  readonly cache: PartsCache;
}

/**
 * Finds ONNX Runtime and sharp, or installs them: beside the bundle or above → `runtime-path` → tool cache → kept by
 * @actions/cache → npm. Whatever is found must be of the versions in the lock file, and has run a tiny model and decoded a
 * tiny picture before it is returned. A machine that there are no binaries for gets both as WebAssembly.
 *
 * Safe to be called by several processes at once and to be killed at any time.
 *
 * @throws {UserError} when the parts cannot be had, or do not work here.
 */
export async function prepareNativeParts(options: PrepareOptions): Promise<PreparedParts> {
  const search = await searchFor(partsTarget(options.target, options.device), options);
  const prepared =
    (await besideBundle(search)) ??
    (await fromRuntimePath(search)) ??
    (await fromToolCache(search)) ??
    (await fromKept(search)) ??
    (await fromNpm(search));
  if (ortPackage(prepared.base) === 'onnxruntime-web') options.log.warning(slownessOf(options.target));
  return prepared;
}

async function searchFor(target: Target, options: PrepareOptions): Promise<Search> {
  const lock = await readLock(options.bundleUrl, target);
  return {
    ...options,
    machine: options.target,
    target,
    lock,
    cache: { root: options.toolCache, name: partsName(lock, target) },
  };
}

/** How much longer the WebAssembly build of ONNX Runtime takes; test/cases/webassembly.test.ts prints it. */
const WEBASSEMBLY_FACTOR = 4;

function slownessOf(machine: Target): string {
  const reason = isNativeTarget(machine)
    ? 'runtime-path holds no binary of ONNX Runtime'
    : `There is no binary of ONNX Runtime for this machine, ${targetName(machine)}`;
  return (
    `${reason}: its WebAssembly build runs the models, which takes about ${WEBASSEMBLY_FACTOR} times as long. ` +
    'Linux with glibc (x64, arm64), macOS (arm64) and Windows (x64, arm64) have binaries.'
  );
}

/** A developer's checkout, where `npm ci` has been run; it has no WebAssembly. */
async function besideBundle({ bundleUrl, target, lock, log }: Search): Promise<PreparedParts | null> {
  if (target === WEBASSEMBLY) return null;
  if ([...lockedPackages(lock).keys()].every((name) => installedVersion(bundleUrl, name) === null))
    return null;
  const mismatch = versionMismatch(bundleUrl, lock);
  if (mismatch) {
    log.info(`The packages beside the action are not used: ${mismatch}.`);
    return null;
  }
  if (target.gpu === 'cuda12' && !hasCudaBuild(bundleUrl)) {
    log.info('The packages beside the action are not used: they have no CUDA build.');
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

/** One of each kind of parts. */
const DEVICES_WITH_PARTS = ['cpu', 'cuda', 'dml'] as const;

/** Parts for this kind of machine, or WebAssembly, which runs on every one. */
async function fromRuntimePath(search: Search): Promise<PreparedParts | null> {
  const { runtimePath, log } = search;
  if (runtimePath === null) return null;
  const webassembly = await searchFor(WEBASSEMBLY, search);
  // With or without what a GPU needs: the archive decides, not `device`.
  const native = DEVICES_WITH_PARTS.map((device) =>
    partsName(search.lock, partsTarget(search.machine, device)),
  );
  const caches = [...new Set([...native, webassembly.cache.name])].map((name) => ({
    root: search.toolCache,
    name,
  }));
  const folder = await inWorkFolder(search, (work) => openRuntimePath(runtimePath, caches, work, log));
  const base = baseOf(folder);
  const { lock } = ortPackage(base) === 'onnxruntime-web' ? webassembly : search;
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
  if (kept === null || !isWorthKeeping(search)) return null;
  const folder = await inWorkFolder(search, async (work) => {
    if (!(await kept.restore(keyOf(cache), work))) return null;
    if (await isIntact(work, cache.name)) return addProbed(search, work);
    log.warning('The native parts that the Actions cache kept are damaged: they are installed anew.');
    return null;
  });
  return folder === null ? null : { base: baseOf(folder), how: 'Actions cache' };
}

async function fromNpm(search: Search): Promise<PreparedParts> {
  const { kept, cache, lock, target, environment, log } = search;
  const wanted = [...lockedPackages(lock)].map((nameAndVersion) => nameAndVersion.join(' '));
  log.info(`Installing ${wanted.join(', ')} by npm, once.`);
  const folder = await inWorkFolder(search, async (work) => {
    if (target.gpu === 'cuda12') log.info("Then its CUDA build, by its vendor's own install script.");
    await installParts(work, lock, target, environment);
    return addProbed(search, work);
  });
  if (isWorthKeeping(search)) await kept?.save(keyOf(cache), folder);
  return { base: baseOf(folder), how: 'npm' };
}

/** A machine with a card is somebody's own and has a tool cache; its parts would crowd others out of the Actions cache. */
function isWorthKeeping({ target }: Search): boolean {
  return target.gpu !== 'cuda12';
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
  const wrong = [...lockedPackages(lock)]
    .map(([name, wanted]) => ({ name, wanted, found: installedVersion(base, name) }))
    .filter(({ wanted, found }) => found !== wanted);
  if (wrong.length === 0) return null;
  return wrong
    .map(({ name, wanted, found }) => `${name} must be ${wanted} and is ${found ?? 'missing'}`)
    .join(', ');
}
