import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Where the system's linker looks besides its cache. */
const FOLDERS = ['/usr/local/cuda/lib64', '/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64'];

/**
 * Tells whether the linker of this system would find a shared library, such as `libcuda.so.1`; nothing is loaded.
 *
 * @param searchPath what `LD_LIBRARY_PATH` holds.
 */
export async function libraryFinder(searchPath: string): Promise<(name: string) => boolean> {
  const folders = [...searchPath.split(delimiter).filter(Boolean), ...FOLDERS];
  const cached = await linkerCache();
  return (name) => cached.has(name) || folders.some((folder) => existsSync(join(folder, name)));
}

/** Names in the linker's cache; none where there is no `ldconfig`. */
async function linkerCache(): Promise<ReadonlySet<string>> {
  const { stdout } = await promisify(execFile)('/sbin/ldconfig', ['-p']).catch(() => ({ stdout: '' }));
  return namesInCache(stdout);
}

/** The names in what `ldconfig -p` prints. */
export function namesInCache(printed: string): ReadonlySet<string> {
  return new Set([...printed.matchAll(/^\s+(\S+\.so\S*) \(/gm)].map(([, name]) => name!));
}

/** Where the CUDA provider is in the package `onnxruntime-node`, if that has it. */
export function cudaProvider(packageFolder: string): string {
  return join(packageFolder, 'bin', 'napi-v6', 'linux', 'x64', 'libonnxruntime_providers_cuda.so');
}
