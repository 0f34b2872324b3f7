import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Provider } from '../validate/session.ts';
import { cudaProvider } from './libraries.ts';
import { type NativeBase, ortPackage, packageFolder } from './load.ts';
import { probe } from './probe.ts';
import { type AskedDevice, type Target, targetName } from './target.ts';

/** Where the models run, and why there. */
export interface Device {
  readonly provider: Provider;
  /** A clause for the log and the report, such as `device is cpu`. */
  readonly reason: string;
}

/** What a device is chosen by. */
export interface DeviceSurroundings {
  readonly base: NativeBase;
  readonly target: Target;
  /** Whether the system has a shared library. */
  readonly hasLibrary: (name: string) => boolean;
}

/** What ONNX Runtime's CUDA build loads, by what a user installs. */
const CUDA_NEEDS: readonly (readonly [what: string, libraries: readonly string[]])[] = [
  ['an NVIDIA driver', ['libcuda.so.1']],
  [
    'CUDA 12',
    ['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcurand.so.10', 'libcufft.so.11'],
  ],
  ['cuDNN 9', ['libcudnn.so.9']],
];

/** What the other providers run on, as far as the packages hold them, and what a user must have. */
const MACHINES: Readonly<
  Record<Exclude<Provider, 'cpu' | 'cuda'>, { readonly targets: readonly string[]; readonly where: string }>
> = {
  coreml: { targets: ['darwin-arm64'], where: 'a Mac with an Apple processor' },
  dml: { targets: ['win32-x64', 'win32-arm64'], where: 'Windows (x64, arm64)' },
  webgpu: {
    targets: ['linux-x64-glibc', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
    where: 'Linux (x64, glibc, with Vulkan), a Mac with an Apple processor, or Windows (x64, arm64)',
  },
};

/** Where a provider runs the models, in words for the log. */
export const PLACES: Readonly<Record<Provider, string>> = {
  cpu: 'the CPU',
  cuda: 'the GPU',
  coreml: 'CoreML',
  dml: 'DirectML',
  webgpu: 'WebGPU',
};

/** Environment that a provider's libraries must find when they are loaded. */
export function environmentOf(provider: Provider): Readonly<Record<string, string>> {
  // ONNX Runtime's own switch is not passed on by its binding for Node; TF32 would round every product to ten bits.
  return provider === 'cuda' ? { NVIDIA_TF32_OVERRIDE: '0' } : {};
}

/**
 * Looks whether this kind of machine can have a device, before anything is installed for it.
 *
 * @throws {UserError} when it cannot: it says where it could, or lists what is missing.
 */
export function requireMachine(
  asked: AskedDevice,
  { target, hasLibrary }: Pick<DeviceSurroundings, 'target' | 'hasLibrary'>,
): void {
  if (asked === 'auto' || asked === 'cpu') return;
  if (asked === 'cuda') {
    const missing = missingLibraries(target, hasLibrary);
    if (missing.length > 0) throw lacking(missing);
    return;
  }
  const { targets, where } = MACHINES[asked];
  if (targets.includes(targetName(target))) return;
  throw new UserError(
    'runtime',
    `device is ${asked}, but this machine must be one that ONNX Runtime has it for, ${where}; it is ${targetName(target)}.`,
    'Use such a runner, or set `device: auto` or `device: cpu`.',
  );
}

/**
 * Chooses where the models run: on the GPU where one is asked for or, with `auto`, where everything for an NVIDIA card is there
 * and a tiny model has run on it; otherwise on the CPU.
 *
 * @throws {UserError} when a GPU is asked for and something is missing: it lists what.
 */
export async function chooseDevice(asked: AskedDevice, surroundings: DeviceSurroundings): Promise<Device> {
  if (asked === 'cpu') return { provider: 'cpu', reason: 'device is cpu' };
  if (asked !== 'cuda') requireMachine(asked, surroundings);
  const provider = asked === 'auto' ? 'cuda' : asked;
  const missing = provider === 'cuda' ? missingForCuda(surroundings) : [];
  if (missing.length > 0) {
    if (asked === 'auto') return { provider: 'cpu', reason: `a GPU would need ${missing[0]}` };
    throw lacking(missing);
  }
  try {
    await probe(surroundings.base, provider);
    return {
      provider,
      reason: asked === 'auto' ? 'all that a GPU needs is there' : `device is ${asked}`,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (asked === 'auto') return { provider: 'cpu', reason: `the GPU does not work: ${error.problem}` };
    throw new UserError(
      'runtime',
      `device is ${asked}, but a tiny model does not run there: ${error.problem}`,
      "Check the GPU's driver, and that the job may use it (a container needs the device passed in); or set `device: auto` or `device: cpu`.",
      { cause: error },
    );
  }
}

function lacking(missing: readonly string[]): UserError {
  return new UserError(
    'runtime',
    `device is cuda, but this machine must have what ONNX Runtime needs for it, and lacks ${missing.join('; ')}.`,
    'Install it on the self-hosted runner (docs/self-hosted.md says how), or set `device: cpu`.',
  );
}

/** What is missing to run on an NVIDIA GPU, in the order in which it is installed. */
export function missingForCuda({ base, target, hasLibrary }: DeviceSurroundings): readonly string[] {
  const missing = missingLibraries(target, hasLibrary);
  if (hasCudaBuild(base) || !isForCuda(target)) return missing;
  return [...missing, 'the CUDA build of ONNX Runtime (libonnxruntime_providers_cuda.so beside its binary)'];
}

function missingLibraries(target: Target, hasLibrary: DeviceSurroundings['hasLibrary']): readonly string[] {
  if (!isForCuda(target)) {
    return [
      `Linux on x64 with glibc, the only system that CUDA builds are made for (this is ${targetName(target)})`,
    ];
  }
  return CUDA_NEEDS.flatMap(([what, libraries]) => {
    const absent = libraries.filter((library) => !hasLibrary(library));
    return absent.length > 0 ? [`${what} (${absent.join(', ')})`] : [];
  });
}

function isForCuda({ platform, arch, libc }: Target): boolean {
  return platform === 'linux' && arch === 'x64' && libc === 'glibc';
}

/** Whether packages have the CUDA provider; nothing is loaded. */
export function hasCudaBuild(base: NativeBase): boolean {
  if (ortPackage(base) !== 'onnxruntime-node') return false;
  const folder = packageFolder(base, 'onnxruntime-node');
  return folder !== null && existsSync(cudaProvider(folder));
}
