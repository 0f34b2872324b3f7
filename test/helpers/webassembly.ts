import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NativeBase } from '../../src/runtime/load.ts';
import { prepareNativeParts } from '../../src/runtime/prepare.ts';

/**
 * ONNX Runtime and sharp as WebAssembly, installed once as the action installs them on a machine that has no binaries. Outside
 * the repository, whose node_modules have sharp's binary.
 */
export async function webassemblyBase(): Promise<NativeBase> {
  const { base } = await prepareNativeParts({
    bundleUrl: new URL('../../src/index.ts', import.meta.url).href,
    toolCache: join(tmpdir(), 'yolo-prune-tests'),
    temp: tmpdir(),
    target: { platform: 'linux', arch: 'x64', libc: 'musl' },
    runtimePath: null,
    kept: null,
    log: { info: () => {}, warning: () => {} },
  });
  return base;
}
