import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { userCacheFolder } from './runtime/cache.ts';
import { chooseDevice, type Device } from './runtime/device.ts';
import { libraryFinder } from './runtime/libraries.ts';
import type { KeptParts } from './runtime/prepare.ts';
import { prepareNativeParts } from './runtime/prepare.ts';
import { currentTarget } from './runtime/target.ts';

/**
 * Finds or installs ONNX Runtime and sharp on this machine: beside the bundle, at `runtime-path`, in the runner's tool cache
 * (or the user's cache folder), or by npm.
 *
 * @param bundleUrl URL of the entry that runs.
 * @param kept where prepared packages are kept between jobs, if anywhere.
 * @returns the base from which the packages load, for `run`.
 * @throws {UserError} when they are not to be had here.
 */
export async function nativeBase(
  bundleUrl: string,
  runtimePath: string | null,
  kept: KeptParts | null,
  log: Log,
): Promise<string> {
  const { RUNNER_TEMP, RUNNER_TOOL_CACHE } = process.env;
  const { base, how } = await prepareNativeParts({
    bundleUrl,
    toolCache: RUNNER_TOOL_CACHE || userCache(),
    temp: RUNNER_TEMP || tmpdir(),
    target: currentTarget(),
    runtimePath,
    kept,
    log,
  });
  log.info(`ONNX Runtime and sharp come from ${how}`);
  return base;
}

/**
 * Chooses where the models run, and says so.
 *
 * @throws {UserError} when `device` is a GPU that this machine does not have, or that lacks something.
 */
export async function deviceFor(asked: 'auto' | 'cpu' | 'cuda', base: string, log: Log): Promise<Device> {
  const hasLibrary = asked === 'cpu' ? () => false : await libraryFinder(process.env.LD_LIBRARY_PATH ?? '');
  const device = await chooseDevice(asked, { base, target: currentTarget(), hasLibrary });
  // ONNX Runtime's own switch is not passed on by its binding for Node; TF32 would round every product to ten bits.
  if (device.provider === 'cuda') process.env.NVIDIA_TF32_OVERRIDE = '0';
  log.info(`The models run on the ${device.provider === 'cuda' ? 'GPU' : 'CPU'}: ${device.reason}`);
  return device;
}

/** Where the command line keeps what it remembers of unpruned models: in the user's cache folder. */
export function memoryFolder(): string {
  return join(userCache(), 'yolo-prune-detections');
}

function userCache(): string {
  return userCacheFolder({ platform: process.platform, home: homedir(), ...process.env });
}
