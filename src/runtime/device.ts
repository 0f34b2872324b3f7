import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Provider } from '../validate/session.ts';
import { type NativeBase, ortPackage } from './load.ts';
import { probe } from './probe.ts';
import { type Target, targetName } from './target.ts';

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

const CUDA_PROVIDER = 'libonnxruntime_providers_cuda.so';

/**
 * Chooses where the models run: on the GPU where one is asked for or, with `auto`, where everything for it is there and a tiny
 * model has run on it; otherwise on the CPU.
 *
 * @throws {UserError} when a GPU is asked for and something is missing: it lists what.
 */
export async function chooseDevice(
  asked: 'auto' | 'cpu' | 'cuda',
  surroundings: DeviceSurroundings,
): Promise<Device> {
  if (asked === 'cpu') return { provider: 'cpu', reason: 'device is cpu' };
  const missing = missingForCuda(surroundings);
  if (missing.length > 0) {
    if (asked === 'auto') return { provider: 'cpu', reason: `a GPU would need ${missing[0]}` };
    throw new UserError(
      'runtime',
      `device is cuda, but this machine must have what ONNX Runtime needs for it, and lacks ${missing.join('; ')}.`,
      'Install it on the self-hosted runner (docs/self-hosted.md says how), or set `device: cpu`.',
    );
  }
  try {
    await probe(surroundings.base, 'cuda');
    return {
      provider: 'cuda',
      reason: asked === 'cuda' ? 'device is cuda' : 'all that a GPU needs is there',
    };
  } catch (error) {
    if (asked === 'cuda' || !(error instanceof UserError)) throw error;
    return { provider: 'cpu', reason: `the GPU does not work: ${error.problem}` };
  }
}

/** What is missing to run on an NVIDIA GPU, in the order in which it is installed. */
export function missingForCuda({ base, target, hasLibrary }: DeviceSurroundings): readonly string[] {
  if (target.platform !== 'linux' || target.arch !== 'x64' || target.libc !== 'glibc') {
    return [
      `Linux on x64 with glibc, the only system that CUDA builds are made for (this is ${targetName(target)})`,
    ];
  }
  const missing = CUDA_NEEDS.flatMap(([what, libraries]) => {
    const absent = libraries.filter((library) => !hasLibrary(library));
    return absent.length > 0 ? [`${what} (${absent.join(', ')})`] : [];
  });
  const provider = providerPath(base);
  if (provider !== null && existsSync(provider)) return missing;
  return [...missing, `the CUDA build of ONNX Runtime (${CUDA_PROVIDER} beside its binary)`];
}

/** Where the CUDA provider of a package would be; `null` for WebAssembly. */
function providerPath(base: NativeBase): string | null {
  if (ortPackage(base) !== 'onnxruntime-node') return null;
  const main = createRequire(base).resolve('onnxruntime-node');
  return join(dirname(dirname(main)), 'bin', 'napi-v6', 'linux', 'x64', CUDA_PROVIDER);
}
