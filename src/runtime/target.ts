import type { Provider } from '../validate/session.ts';

/** What an input asks for: a provider, or the best that is there. */
export type AskedDevice = Provider | 'auto';

/** The kind of machine that native parts are for, in Node's own words. */
export interface Target {
  readonly platform: string;
  /** `null` for WebAssembly, which runs on all. */
  readonly arch: string | null;
  /** The C library on Linux, `null` elsewhere. */
  readonly libc: 'glibc' | 'musl' | null;
  /** Which parts for a GPU come with them, if any. */
  readonly gpu?: GpuParts;
}

/** Files of `onnxruntime-node` that only a GPU needs, by what brings them: its vendor's install script, or the package itself. */
const GPU_FILES = {
  cuda12: ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'],
  directx: ['DirectML.dll', 'dxcompiler.dll', 'dxil.dll'],
} as const;

export type GpuParts = keyof typeof GPU_FILES;

/** The targets that `onnxruntime-node` and `sharp` both bring binaries for. */
export const NATIVE_TARGETS: readonly string[] = [
  'linux-x64-glibc',
  'linux-arm64-glibc',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
];

/** The builds of both for WebAssembly: for every machine that there is no binary for. */
export const WEBASSEMBLY: Target = { platform: 'webassembly', arch: null, libc: null };

/** The target whose parts a machine runs: its own, with what the device needs, or else WebAssembly. */
export function partsTarget(machine: Target, device: AskedDevice = 'cpu'): Target {
  if (!isNativeTarget(machine)) return WEBASSEMBLY;
  const { platform } = machine;
  if (device === 'cuda' && platform === 'linux') return { ...machine, gpu: 'cuda12' };
  if ((device === 'dml' || device === 'webgpu') && platform === 'win32')
    return { ...machine, gpu: 'directx' };
  return machine;
}

/** The machine that this runs on. */
export function currentTarget(): Target {
  const { platform, arch } = process;
  const libc = platform !== 'linux' ? null : glibcVersion() === null ? 'musl' : 'glibc';
  return { platform, arch, libc };
}

/** The version of this machine's glibc, such as `2.36`; `null` without one. */
export function glibcVersion(): string | null {
  // Otherwise the report looks every network interface up.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? null;
}

/** A target's name, such as `linux-x64-glibc`, `linux-x64-glibc-cuda12`, `win32-x64` or `webassembly`. */
export function targetName({ platform, arch, libc, gpu = undefined }: Target): string {
  return [platform, arch, libc, gpu].filter((part) => part).join('-');
}

/** The target of a name; `null` for one that has no parts of its own. */
export function targetOf(name: string): Target | null {
  if (name === WEBASSEMBLY.platform) return WEBASSEMBLY;
  const gpu = (Object.keys(GPU_FILES) as GpuParts[]).find((parts) => name.endsWith(`-${parts}`));
  const machine = gpu === undefined ? name : name.slice(0, -gpu.length - 1);
  if (!NATIVE_TARGETS.includes(machine)) return null;
  const [platform, arch, libc] = machine.split('-') as [string, string, 'glibc' | undefined];
  return { platform, arch, libc: libc ?? null, ...(gpu && { gpu }) };
}

/** Whether native parts exist for a target. */
export function isNativeTarget({ platform, arch, libc }: Target): boolean {
  return NATIVE_TARGETS.includes(targetName({ platform, arch, libc }));
}

const ORT_BINARY = /(?:^|\/)onnxruntime-node\/bin\/napi-v\d+\/([^/]+)\/([^/]+)\/([^/]+)$/;

/** What the vendor's install script brings for CUDA besides: another provider, which is not used. */
const UNUSED = 'libonnxruntime_providers_tensorrt.so';

/** The name of macOS' library without its full version, to which the binding is linked; the other name is a second copy. */
const MAC_COPY = /^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

const ORT_WEB_FILE = /(?:^|\/)onnxruntime-web\/(.+)$/;

/** What Node loads of `onnxruntime-web`; the rest are its builds for browsers, ten times as large. */
const ORT_WEB_NEEDED = [
  'package.json',
  'dist/ort.node.min.js',
  'dist/ort-wasm-simd-threaded.mjs',
  'dist/ort-wasm-simd-threaded.wasm',
];

/**
 * Whether a file of an installation is of use for running on a target.
 *
 * @param path relative to the installation, with `/`.
 */
export function isNeeded(path: string, target: Target): boolean {
  // npm's record of what it installed names the registry, and nothing reads it.
  if (path === 'node_modules/.package-lock.json') return false;
  const [, webFile] = ORT_WEB_FILE.exec(path) ?? [];
  if (webFile !== undefined) return ORT_WEB_NEEDED.includes(webFile);
  const [, platform, arch, file] = ORT_BINARY.exec(path) ?? [];
  if (file === undefined) return true;
  if (platform !== target.platform || arch !== target.arch || MAC_COPY.test(file) || file === UNUSED)
    return false;
  const parts = Object.entries(GPU_FILES).find(([, files]) => (files as readonly string[]).includes(file));
  return parts === undefined || parts[0] === target.gpu;
}
