import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { packFolder } from '../../src/runtime/archive.ts';
import { installedVersion, loadNativeParts, runtimeName } from '../../src/runtime/load.ts';
import { manifestOf, partsName } from '../../src/runtime/lock.ts';
import { isIntact, seal } from '../../src/runtime/parts-folder.ts';
import { type KeptParts, prepareNativeParts } from '../../src/runtime/prepare.ts';
import { currentTarget, WEBASSEMBLY } from '../../src/runtime/target.ts';
import {
  LOCK,
  type Surroundings,
  standIns,
  surroundings,
  temporaryFolder,
  WEBASSEMBLY_LOCK,
  webassemblyStandIns,
  writeTree,
} from './surroundings.ts';

const NAME = partsName(LOCK, currentTarget());
const INSTALL = ['cache', 'ci'];

function entryOf({ options }: Surroundings): string {
  return join(options.toolCache, 'yolo-prune-runtime', NAME);
}

/** A folder as `npm run runtime:pack` makes one. */
async function preparedFolder(parts = standIns()): Promise<string> {
  const folder = await writeTree(await temporaryFolder(), { 'package.json': '{}', ...parts });
  await seal(folder, NAME);
  return folder;
}

describe.skipIf(process.platform === 'win32')('native parts come', () => {
  it('from npm the first time, from the tool cache ever after', async () => {
    const machine = await surroundings();
    const { base, how } = await prepareNativeParts(machine.options);
    expect(how).toBe('npm');
    expect(base).toBe(join(entryOf(machine), 'package.json'));
    expect(installedVersion(base, 'onnxruntime-node')).toBe('1.2.3');
    expect(loadNativeParts(base).sharp).toBeTypeOf('function');
    expect(await machine.npmCalls()).toEqual(INSTALL);

    const again = await prepareNativeParts(machine.options);
    expect(again).toEqual({ base, how: `tool cache ${entryOf(machine)}` });
    expect(await machine.npmCalls()).toEqual(INSTALL);
    expect(await readdir(machine.options.temp)).toEqual([]);
  });

  it('without the binaries of other platforms', async () => {
    const machine = await surroundings();
    await prepareNativeParts(machine.options);
    expect(await isIntact(entryOf(machine), NAME)).toBe(true);
    expect(existsSync(join(entryOf(machine), 'node_modules/onnxruntime-node/index.js'))).toBe(true);
    expect(
      existsSync(
        join(
          entryOf(machine),
          'node_modules/onnxruntime-node/bin/napi-v6/haiku/z80/onnxruntime_binding.node',
        ),
      ),
    ).toBe(false);
  });

  it('from node_modules beside or above the bundle before all else', async () => {
    const machine = await surroundings();
    await writeTree(machine.root, standIns());
    const runtimePath = await preparedFolder();
    const { base, how } = await prepareNativeParts({ ...machine.options, runtimePath });
    expect(base).toBe(machine.options.bundleUrl);
    expect(how).toBe('node_modules beside the action');
    expect(await machine.npmCalls()).toEqual([]);
  });

  it('not from node_modules of other versions, or that do not work', async () => {
    const machine = await surroundings();
    await writeTree(machine.root, standIns({ ortVersion: '1.2.2' }));
    expect((await prepareNativeParts(machine.options)).how).toBe('npm');
    expect(machine.lines[0]).toContain('onnxruntime-node must be 1.2.3 and is 1.2.2');
    await writeTree(machine.root, standIns({ sharp: 'throw new Error("odd");' }));
    expect((await prepareNativeParts(machine.options)).how).toContain('tool cache');
    expect(machine.lines.at(-1)).toMatch(
      /^warning: The packages beside the action are not used: sharp .* odd/,
    );
  });

  it('from runtime-path, a folder, before the tool cache', async () => {
    const machine = await surroundings();
    await prepareNativeParts(machine.options);
    const runtimePath = await preparedFolder();
    const { base, how } = await prepareNativeParts({ ...machine.options, runtimePath });
    expect(base).toBe(join(runtimePath, 'package.json'));
    expect(how).toBe(`runtime-path ${runtimePath}`);
  });

  it('from runtime-path, an archive that is unpacked once', async () => {
    const machine = await surroundings();
    const runtimePath = join(machine.root, 'parts.tar.gz');
    await packFolder(await preparedFolder(), runtimePath);
    const first = await prepareNativeParts({ ...machine.options, runtimePath });
    expect(first.base).toMatch(new RegExp(`^${entryOf(machine)}-[0-9a-f]{16}/package\\.json$`));
    vi.stubEnv('PATH', '');
    expect(await prepareNativeParts({ ...machine.options, runtimePath })).toEqual(first);
    expect(await machine.npmCalls()).toEqual([]);
  });

  it('from the Actions cache, where they are put after npm', async () => {
    const store = new Map<string, string>();
    const kept: KeptParts = {
      restore: async (key, folder) => {
        if (!store.has(key)) return false;
        await rm(folder, { recursive: true });
        await rename(store.get(key)!, folder);
        return true;
      },
      save: async (key, folder) => void store.set(key, `${folder}-kept`),
    };
    const machine = await surroundings({ kept });
    expect((await prepareNativeParts(machine.options)).how).toBe('npm');
    const [[key, stored]] = [...store] as [[string, string]];
    expect(key).toBe(`yolo-prune-runtime-${NAME.replace('/', '-')}`);

    await rename(entryOf(machine), stored);
    const { base, how } = await prepareNativeParts(machine.options);
    expect(how).toBe('Actions cache');
    expect(base).toBe(join(entryOf(machine), 'package.json'));
    expect(await machine.npmCalls()).toEqual(INSTALL);
  });

  it('not from an Actions cache that hands out something damaged', async () => {
    const restore = async (_: string, folder: string) => {
      await writeTree(folder, standIns());
      await seal(folder, NAME);
      await truncate(join(folder, 'node_modules/sharp/index.js'), 3);
      return true;
    };
    const machine = await surroundings({ kept: { restore, save: async () => {} } });
    expect((await prepareNativeParts(machine.options)).how).toBe('npm');
    expect(machine.lines[0]).toMatch(/^warning: .* damaged/);
  });

  it('from a temporary folder where the tool cache cannot be written to', async () => {
    const machine = await surroundings();
    await writeFile(machine.options.toolCache, 'a file');
    const { base } = await prepareNativeParts(machine.options);
    expect(base.startsWith(machine.options.temp)).toBe(true);
    expect(loadNativeParts(base).ort).toBeDefined();
    expect(machine.lines.at(-1)).toMatch(/^warning: .* cannot be kept/);
  });
});

describe.skipIf(process.platform === 'win32')('WebAssembly comes', () => {
  const musl = { platform: 'linux', arch: 'x64', libc: 'musl' } as const;
  const slow = /^warning: .*WebAssembly build runs the models, which takes about \d+ times as long/;
  const name = partsName(WEBASSEMBLY_LOCK, WEBASSEMBLY);

  it('where there is no binary for the machine, by npm and then from the tool cache, with a warning', async () => {
    const machine = await surroundings({ parts: webassemblyStandIns() });
    const options = { ...machine.options, target: musl };
    const entry = join(options.toolCache, 'yolo-prune-runtime', name);
    expect(await prepareNativeParts(options)).toEqual({ base: join(entry, 'package.json'), how: 'npm' });
    expect(runtimeName(join(entry, 'package.json'))).toBe('onnxruntime-web 1.2.3');
    expect(existsSync(join(entry, 'node_modules/onnxruntime-web/dist/ort.js'))).toBe(false);
    expect(machine.lines.at(-1)).toMatch(slow);
    expect(machine.lines.at(-1)).toContain('this machine, linux-x64-musl');
    expect((await prepareNativeParts(options)).how).toBe(`tool cache ${entry}`);
    expect(await machine.npmCalls()).toEqual(INSTALL);
  });

  it('not from node_modules beside the bundle, which are machine code', async () => {
    const machine = await surroundings({ parts: webassemblyStandIns() });
    await writeTree(machine.root, standIns());
    expect((await prepareNativeParts({ ...machine.options, target: musl })).how).toBe('npm');
  });

  it('from runtime-path on any machine', async () => {
    const machine = await surroundings();
    const runtimePath = join(machine.root, 'webassembly.tar.gz');
    const folder = await writeTree(await temporaryFolder(), {
      'package.json': JSON.stringify(manifestOf(WEBASSEMBLY_LOCK)),
      ...webassemblyStandIns(),
    });
    await seal(folder, name);
    await packFolder(folder, runtimePath);
    for (const path of [runtimePath, runtimePath, folder]) {
      const { base } = await prepareNativeParts({ ...machine.options, runtimePath: path });
      expect(runtimeName(base)).toBe('onnxruntime-web 1.2.3');
      expect(machine.lines.at(-1)).toMatch(slow);
    }
    expect(machine.lines).toHaveLength(3);
    expect(await machine.npmCalls()).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('it is an error that says what to do', () => {
  it.each([
    [
      'a wrong hash',
      'echo "npm error code EINTEGRITY" >&2; exit 1',
      /must have the hashes of the action's lock file/,
    ],
    [
      'an unreachable registry',
      'echo "npm error code ENOTFOUND" >&2; exit 1',
      /does not reach its registry.*`runtime-path`/,
    ],
    [
      'packages that do not work here',
      'cp -R "$STAND_INS"/node_modules . && echo "throw new Error(1)" > node_modules/sharp/index.js',
      /^sharp .* must work on this machine/,
    ],
  ])('when npm meets %s; nothing is kept', async (_, npm, expected) => {
    const machine = await surroundings({ npm });
    await expect(prepareNativeParts(machine.options)).rejects.toThrow(expected);
    expect(existsSync(machine.options.toolCache)).toBe(false);
    expect(await readdir(machine.options.temp)).toEqual([]);
  });

  it.each<[string, (root: string) => Promise<string>, RegExp]>([
    ['is not there', async () => 'nowhere', /nowhere does not exist/],
    [
      'is an empty folder',
      () => temporaryFolder(),
      /onnxruntime-node must be 1\.2\.3 and is missing, sharp must be 4\.5\.6/,
    ],
    [
      'has other versions',
      () => preparedFolder(standIns({ ortVersion: '9.9.9' })),
      /must be 1\.2\.3 and is 9\.9\.9/,
    ],
    [
      'does not work',
      () => preparedFolder(standIns({ ort: '' })),
      /^onnxruntime-node .* must work on this machine/,
    ],
    [
      'is an archive for something else',
      async (root) => {
        const folder = await preparedFolder();
        await seal(folder, '9.9.9-sharp.9.9.9/linux-z80');
        await packFolder(folder, join(root, 'a.tar.gz'));
        return join(root, 'a.tar.gz');
      },
      /must hold the native parts 1\.2\.3.*holds 9\.9\.9-sharp\.9\.9\.9\/linux-z80/,
    ],
    [
      'is an archive with a changed file',
      async (root) => {
        const folder = await preparedFolder();
        await writeFile(join(folder, 'node_modules/sharp/index.js'), 'changed');
        await packFolder(folder, join(root, 'a.tar.gz'));
        return join(root, 'a.tar.gz');
      },
      /missing or changed/,
    ],
  ])('when runtime-path %s', async (_, make, expected) => {
    const machine = await surroundings();
    const runtimePath = await make(machine.root);
    await expect(prepareNativeParts({ ...machine.options, runtimePath })).rejects.toThrow(expected);
    expect(await machine.npmCalls()).toEqual([]);
  });
});

/** Prepares in a process of its own; the arguments after the options are for Node. */
async function prepareInProcess({ options }: Surroundings, ...nodeOptions: string[]): Promise<string> {
  const script = fileURLToPath(new URL('./prepare-child.ts', import.meta.url));
  const { log, ...plain } = options;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...nodeOptions,
    script,
    JSON.stringify(plain),
  ]);
  return stdout;
}

const KILLS = 20;

describe.skipIf(process.platform === 'win32')('processes', () => {
  it('that install at once end with the same entry', async () => {
    const machine = await surroundings();
    // Nobody finishes `npm ci` before all have begun.
    const all = 'echo >> "$NPM_LOG".ci; while [ $(wc -l < "$NPM_LOG".ci) -lt 3 ]; do sleep 0.05; done';
    await writeFile(
      join(machine.root, 'bin/npm'),
      (await readFile(join(machine.root, 'bin/npm'), 'utf8')).replace('ci)', `ci) ${all};`),
    );
    const results = await Promise.all(Array.from({ length: 3 }, () => prepareInProcess(machine)));
    expect(new Set(results)).toEqual(new Set([join(entryOf(machine), 'package.json')]));
    expect(await machine.npmCalls()).toHaveLength(3 * INSTALL.length);
    expect((await readdir(join(entryOf(machine), '..'))).sort()).toEqual([
      NAME.split('/')[1],
      `${NAME.split('/')[1]}.complete`,
    ]);
    expect(await isIntact(entryOf(machine), NAME)).toBe(true);
  });

  it(`killed at any of ${KILLS} moments leave nothing that the next run stumbles over`, async () => {
    const machine = await surroundings();
    const counter = fileURLToPath(new URL('./kill-at.mjs', import.meta.url));
    vi.stubEnv('COUNT_FILE', join(machine.root, 'count'));
    await prepareInProcess(machine, '--import', counter);
    const calls = Number(await readFile(join(machine.root, 'count'), 'utf8'));
    expect(calls).toBeGreaterThan(KILLS);

    for (let kill = 1; kill <= KILLS; kill++) {
      await rm(machine.options.toolCache, { recursive: true });
      vi.stubEnv('KILL_AT', String(Math.round((kill * calls) / KILLS)));
      await expect(prepareInProcess(machine, '--import', counter)).rejects.toMatchObject({
        signal: 'SIGKILL',
      });
      const { base } = await prepareNativeParts(machine.options);
      expect(base).toBe(join(entryOf(machine), 'package.json'));
      expect(await isIntact(entryOf(machine), NAME)).toBe(true);
    }
  }, 300_000);

  it('killed while npm installs, which goes on for itself, do not disturb the next run', async () => {
    const kill = 'if mkdir "$NPM_LOG".killed 2>/dev/null; then mkdir node_modules; kill -9 $PPID; fi';
    const machine = await surroundings({ npm: `${kill}; cp -R "$STAND_INS"/node_modules .` });
    await expect(prepareInProcess(machine)).rejects.toMatchObject({ signal: 'SIGKILL' });
    expect((await prepareNativeParts(machine.options)).how).toBe('npm');
    expect(await isIntact(entryOf(machine), NAME)).toBe(true);
  });
});
