import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installCuda } from '../../src/runtime/install-cuda.ts';
import { partsName } from '../../src/runtime/lock.ts';
import { isIntact } from '../../src/runtime/parts-folder.ts';
import { prepareNativeParts } from '../../src/runtime/prepare.ts';
import { LOCK, standIns, surroundings, temporaryFolder, writeTree } from './surroundings.ts';

const SCRIPT = 'node_modules/onnxruntime-node/script/install.js';
const BIN = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64';
const LINUX = { platform: 'linux', arch: 'x64', libc: 'glibc' } as const;

/** Brings what the vendor's script brings, and notes what it was told. */
const BRINGS = `
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const bin = join(__dirname, '..', 'bin/napi-v6/linux/x64');
mkdirSync(bin, { recursive: true });
console.log('Downloading from somewhere');
for (const name of ['cuda', 'shared', 'tensorrt'])
  writeFileSync(join(bin, 'libonnxruntime_providers_' + name + '.so'), name);
writeFileSync(join(__dirname, '..', 'told.json'), JSON.stringify({ args: process.argv.slice(2), env: process.env }));
`;

async function folderWith(script: string): Promise<string> {
  return writeTree(await temporaryFolder(), { [SCRIPT]: script });
}

describe('the script that installs CUDA', () => {
  it('is told what to install and where the proxy is, and nothing of the job', async () => {
    const folder = await folderWith(BRINGS);
    const environment = {
      PATH: process.env.PATH,
      HTTPS_PROXY: 'http://proxy.test:8080',
      no_proxy: 'localhost',
      INPUT_TOKEN: 'secret',
      GITHUB_TOKEN: 'secret',
      ACTIONS_RUNTIME_TOKEN: 'secret',
      ONNXRUNTIME_NODE_INSTALL: 'skip',
    };
    await installCuda(folder, environment);
    const told = JSON.parse(await readFile(join(folder, 'node_modules/onnxruntime-node/told.json'), 'utf8'));
    expect(told.args).toEqual([]);
    expect(told.env).toMatchObject({
      PATH: process.env.PATH,
      GLOBAL_AGENT_HTTPS_PROXY: 'http://proxy.test:8080',
      GLOBAL_AGENT_HTTP_PROXY: 'http://proxy.test:8080',
      GLOBAL_AGENT_NO_PROXY: 'localhost',
      ONNXRUNTIME_NODE_INSTALL: 'cuda12',
      TMPDIR: folder,
      TEMP: folder,
      TMP: folder,
    });
    expect(Object.values(told.env)).not.toContain('secret');
  });

  it.each([
    [
      'fails',
      'throw new Error("getaddrinfo ENOTFOUND feed.test")',
      /but it failed: getaddrinfo ENOTFOUND feed\.test\. Check the runner's network and proxy/,
    ],
    ['fails without a word', 'process.exit(3)', /but it failed: it gave no reason\./],
    ['brings nothing', '', /but it brought none\./],
    ['is not there', null, /but it failed: Cannot find module/],
    [
      'does not reach its feed',
      'setInterval(() => {}, 1000)',
      /but it did not reach its feed within 0\.5 seconds\. .*`runtime-path`.*`device: cpu`/,
    ],
    [
      'downloads for ever',
      'console.log("Downloading x"); setInterval(() => {}, 1000)',
      /but it was not done within 1\.5 seconds/,
    ],
  ])('that %s is an error that says what to do', async (_, script, message) => {
    const folder = script === null ? await temporaryFolder() : await folderWith(script);
    const limits = {
      reachSeconds: script?.startsWith('set') ? 0.5 : 60,
      totalSeconds: script?.includes('set') ? 1.5 : 60,
    };
    const failed = installCuda(folder, { PATH: process.env.PATH }, limits);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toThrow(/^device is cuda, so the CUDA build .* by its vendor's script/);
  });

  it('may take longer than it may take to reach its feed', async () => {
    const late = `console.log('Downloading x'); setTimeout(() => {${BRINGS}}, 1500)`;
    await installCuda(
      await folderWith(late),
      { PATH: process.env.PATH },
      { reachSeconds: 1, totalSeconds: 60 },
    );
  });

  it('is the one in the package, which asks for CUDA 12 by this name', async () => {
    const script = await readFile(new URL(`../../${SCRIPT}`, import.meta.url), 'utf8');
    const utils = await readFile(
      new URL('../../node_modules/onnxruntime-node/script/install-utils.js', import.meta.url),
      'utf8',
    );
    expect(script).toContain('--onnxruntime-node-install=cuda12');
    expect(script).toContain('globalAgentBootstrap()');
    expect(utils).toContain('process.env.ONNXRUNTIME_NODE_INSTALL ');
    expect(utils).toMatch(/console\.log\(`Downloading \$/);
  });
});

describe.skipIf(process.platform === 'win32')('native parts with CUDA', () => {
  const cuda = { device: 'cuda', target: LINUX, environment: { PATH: process.env.PATH } } as const;
  const name = partsName(LOCK, { ...LINUX, gpu: 'cuda12' });

  it('come by npm and the script once, apart from those of the CPU, and with what they need alone', async () => {
    const machine = await surroundings({ parts: { ...standIns(), [SCRIPT]: BRINGS } });
    const first = await prepareNativeParts({ ...machine.options, ...cuda });
    const entry = join(machine.options.toolCache, 'yolo-prune-runtime', name);
    expect(first).toEqual({ base: join(entry, 'package.json'), how: 'npm' });
    expect(machine.lines).toContain("Then its CUDA build, by its vendor's own install script.");
    expect(existsSync(join(entry, BIN, 'libonnxruntime_providers_cuda.so'))).toBe(true);
    expect(existsSync(join(entry, BIN, 'libonnxruntime_providers_tensorrt.so'))).toBe(false);
    expect(await isIntact(entry, name)).toBe(true);

    expect((await prepareNativeParts({ ...machine.options, ...cuda })).how).toBe(`tool cache ${entry}`);
    expect(await machine.npmCalls()).toEqual(['cache', 'ci']);
    const plain = await prepareNativeParts({ ...machine.options, target: LINUX });
    expect(plain.how).toBe('npm');
    expect(plain.base).not.toBe(first.base);
    expect(existsSync(join(plain.base, '..', BIN, 'libonnxruntime_providers_cuda.so'))).toBe(false);
  });

  it('are not kept where the script fails', async () => {
    const machine = await surroundings({ parts: { ...standIns(), [SCRIPT]: 'throw new Error("no")' } });
    await expect(prepareNativeParts({ ...machine.options, ...cuda })).rejects.toThrow(/but it failed: no\./);
    expect(existsSync(machine.options.toolCache)).toBe(false);
  });

  it('come from packages beside the bundle only where those have them', async () => {
    const machine = await surroundings({ parts: { ...standIns(), [SCRIPT]: BRINGS } });
    await writeTree(machine.root, standIns());
    expect((await prepareNativeParts({ ...machine.options, ...cuda })).how).toBe('npm');
    expect(machine.lines[0]).toMatch(/have no CUDA build/);
    await writeTree(machine.root, { [`${BIN}/libonnxruntime_providers_cuda.so`]: '' });
    expect((await prepareNativeParts({ ...machine.options, ...cuda })).how).toMatch(/beside the action/);
  });

  it('come from a folder in runtime-path', async () => {
    const machine = await surroundings();
    const runtimePath = await writeTree(await temporaryFolder(), {
      'package.json': '{}',
      ...standIns(),
      [`${BIN}/libonnxruntime_providers_cuda.so`]: '',
    });
    const { base } = await prepareNativeParts({ ...machine.options, ...cuda, runtimePath });
    expect(base).toBe(join(runtimePath, 'package.json'));
    expect(await machine.npmCalls()).toEqual([]);
  });
});
