/** The kind of machine that native parts are for, in Node's own words. */
export interface Target {
  readonly platform: string;
  /** `null` for WebAssembly, which runs on all. */
  readonly arch: string | null;
  /** The C library on Linux, `null` elsewhere. */
  readonly libc: 'glibc' | 'musl' | null;
}

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

/** The target whose parts a machine runs: its own, or else WebAssembly. */
export function partsTarget(machine: Target): Target {
  return isNativeTarget(machine) ? machine : WEBASSEMBLY;
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

/** A target's name, such as `linux-x64-glibc`, `win32-x64` or `webassembly`. */
export function targetName({ platform, arch, libc }: Target): string {
  return [platform, arch, libc].filter((part) => part !== null).join('-');
}

/** The target of a name; `null` for one that has no parts of its own. */
export function targetOf(name: string): Target | null {
  if (name === WEBASSEMBLY.platform) return WEBASSEMBLY;
  if (!NATIVE_TARGETS.includes(name)) return null;
  const [platform, arch, libc] = name.split('-') as [string, string, 'glibc' | undefined];
  return { platform, arch, libc: libc ?? null };
}

/** Whether native parts exist for a target. */
export function isNativeTarget(target: Target): boolean {
  return NATIVE_TARGETS.includes(targetName(target));
}

const ORT_BINARY = /(?:^|\/)onnxruntime-node\/bin\/napi-v\d+\/([^/]+)\/([^/]+)\/([^/]+)$/;

/**
 * Windows files of `onnxruntime-node` for GPUs: `onnxruntime.dll` loads them only when a session asks for DirectML or WebGPU.
 */
const GPU_ONLY = ['DirectML.dll', 'dxcompiler.dll', 'dxil.dll'];

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
 * Whether a file of an installation is of use for running on the CPU of a target.
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
  return (
    platform === target.platform && arch === target.arch && !GPU_ONLY.includes(file) && !MAC_COPY.test(file)
  );
}
