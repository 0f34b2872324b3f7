import { type Environment, installCuda } from './install-cuda.ts';
import { type Lock, lockFor, ortVersion, partsName } from './lock.ts';
import { explainNpm, findNpm, type Npm, runNpm } from './npm.ts';
import { dropUnneeded, seal, writeManifests } from './parts-folder.ts';
import type { Target } from './target.ts';

/** How long npm may take to fetch one small package before the registry counts as unreachable. */
const REACH_SECONDS = 25;

/**
 * Installs the native packages into an empty folder by npm, with the hashes of the lock file and no scripts, and keeps what
 * the target needs. But for CUDA, nothing here asks for this machine to be the target.
 *
 * @param environment of this process, for the script that installs CUDA where the target has it: that one must run on the target.
 * @throws {UserError} without npm, when its registry is out of reach, and when a package does not have its hash.
 */
export async function installParts(
  folder: string,
  lock: Lock,
  target: Target,
  environment: Environment = {},
): Promise<void> {
  await writeManifests(folder, lockFor(lock, target));
  const npm = await findNpm();
  await reachRegistry(npm, folder, lock);
  await succeed(npm, ['ci', '--no-bin-links', '--package-lock', ...ALWAYS], folder);
  if (target.gpu === 'cuda12') await installCuda(folder, environment);
  await dropUnneeded(folder, target);
  await seal(folder, partsName(lock, target));
}

const ALWAYS = [
  '--ignore-scripts',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--no-color',
  '--loglevel=error',
];

/**
 * Fetches the smallest package under a short limit. The limits of the installation itself are the user's own: a registry that
 * fetches and checks a large package before it passes it on may be silent for long.
 */
async function reachRegistry(npm: Npm, folder: string, lock: Lock): Promise<void> {
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=1000'];
  const small = `onnxruntime-common@${ortVersion(lock)}`;
  const args = ['cache', 'add', small, '--fetch-timeout=8000', ...retries, ...ALWAYS];
  await succeed(npm, args, folder, AbortSignal.timeout(REACH_SECONDS * 1000));
}

async function succeed(
  npm: Npm,
  args: readonly string[],
  folder: string,
  limit?: AbortSignal,
): Promise<void> {
  const result = await runNpm(npm, args, folder, limit);
  if (!result.ok) throw explainNpm(result);
}
