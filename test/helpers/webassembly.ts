import { homedir, tmpdir } from 'node:os';
import { userCacheFolder } from '../../src/runtime/cache.ts';
import type { NativeBase } from '../../src/runtime/load.ts';
import { prepareNativeParts } from '../../src/runtime/prepare.ts';

/**
 * ONNX Runtime and sharp as WebAssembly, installed once as the command line installs them on a machine that has no binaries, in
 * the user's cache folder. Outside the repository, whose node_modules have sharp's binary.
 */
export async function webassemblyBase(): Promise<NativeBase> {
  const { base } = await prepareNativeParts({
    bundleUrl: new URL('../../src/index.ts', import.meta.url).href,
    toolCache: userCacheFolder({ platform: process.platform, home: homedir(), ...process.env }),
    temp: tmpdir(),
    target: { platform: 'linux', arch: 'x64', libc: 'musl' },
    device: 'cpu',
    environment: {},
    runtimePath: null,
    kept: null,
    log: { info: () => {}, warning: () => {} },
  });
  return base;
}
