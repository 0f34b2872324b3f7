import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { userCacheFolder } from './runtime/cache.ts';
import {
  chooseDevice,
  type Device,
  type DeviceSurroundings,
  environmentOf,
  PLACES,
  requireMachine,
} from './runtime/device.ts';
import { libraryFinder } from './runtime/libraries.ts';
import type { KeptParts } from './runtime/prepare.ts';
import { prepareNativeParts } from './runtime/prepare.ts';
import { type AskedDevice, currentTarget } from './runtime/target.ts';

/**
 * Finds or installs ONNX Runtime and sharp on this machine: beside the bundle, at `runtime-path`, in the runner's tool cache
 * (or the user's cache folder), or by npm.
 *
 * @param bundleUrl URL of the entry that runs.
 * @param asked input `device`: a GPU may need more than the CPU.
 * @param kept where prepared packages are kept between jobs, if anywhere.
 * @returns the base from which the packages load, for `run`.
 * @throws {UserError} when they are not to be had here.
 */
export async function nativeBase(
  bundleUrl: string,
  runtimePath: string | null,
  asked: AskedDevice,
  kept: KeptParts | null,
  log: Log,
): Promise<string> {
  const { RUNNER_TEMP, RUNNER_TOOL_CACHE } = process.env;
  // With `auto` nothing is required, and chooseDevice looks at the libraries.
  if (asked !== 'auto') requireMachine(asked, await machine(asked));
  const { base, how } = await prepareNativeParts({
    bundleUrl,
    toolCache: RUNNER_TOOL_CACHE || userCache(),
    temp: RUNNER_TEMP || tmpdir(),
    target: currentTarget(),
    device: asked,
    environment: process.env,
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
export async function deviceFor(asked: AskedDevice, base: string, log: Log): Promise<Device> {
  const device = await chooseDevice(asked, { base, ...(await machine(asked)) });
  Object.assign(process.env, environmentOf(device.provider));
  log.info(`The models run on ${PLACES[device.provider]}: ${device.reason}`);
  return device;
}

/** What a device is chosen by; where none is, the libraries are not looked for. */
async function machine(asked: AskedDevice): Promise<Omit<DeviceSurroundings, 'base'>> {
  const isAsked = asked === 'auto' || asked === 'cuda';
  const hasLibrary = isAsked ? await libraryFinder(process.env.LD_LIBRARY_PATH ?? '') : () => false;
  return { target: currentTarget(), hasLibrary };
}

/** Where the command line keeps what it remembers of unpruned models: in the user's cache folder. */
export function memoryFolder(): string {
  return join(userCache(), 'yolo-prune-detections');
}

function userCache(): string {
  return userCacheFolder({ platform: process.platform, home: homedir(), ...process.env });
}
