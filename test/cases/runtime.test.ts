import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packFolder } from '../../src/runtime/archive.ts';
import { type PrepareOptions, prepareNativeParts } from '../../src/runtime/prepare.ts';
import { currentTarget, isNativeTarget } from '../../src/runtime/target.ts';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What an installation may take on the disk of linux-x64. */
const MAX_BYTES = 75_000_000;

/** The real packages, which npm downloads (113 MB) unless it has them in its cache. */
describe.skipIf(!isNativeTarget(currentTarget()))('native parts from the registry', () => {
  let root = '';
  let options: PrepareOptions;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'runtime-case-'));
    execFileSync(process.execPath, ['scripts/build.mjs', join(root, 'dist')], { cwd: repository });
    options = {
      bundleUrl: pathToFileURL(join(root, 'dist', 'index.js')).href,
      toolCache: join(root, 'tools'),
      temp: join(root, 'temp'),
      target: currentTarget(),
      device: 'cpu',
      environment: {},
      runtimePath: null,
      kept: null,
      log: { info: () => {}, warning: (line) => expect.fail(line) },
    };
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true, force: true });
  });

  it('are installed from the lock file of the bundle, and small', async () => {
    const { base, how } = await prepareNativeParts(options);
    expect(how).toBe('npm');
    expect(base.startsWith(options.toolCache)).toBe(true);
    if (process.platform === 'linux') {
      const bytes = Number(execFileSync('du', ['-sb', dirname(base)], { encoding: 'utf8' }).split('\t')[0]);
      console.error(`Native parts on the disk: ${bytes} bytes.`);
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    }
  });

  it('come from the tool cache afterwards, without npm', async () => {
    vi.stubEnv('PATH', '');
    expect((await prepareNativeParts(options)).how).toMatch(/^tool cache /);
    vi.unstubAllEnvs();
  });

  it('work from an archive, whose bytes are the same each time', async () => {
    const { base } = await prepareNativeParts(options);
    const archives = [join(root, 'one.tar.gz'), join(root, 'other.tar.gz')] as const;
    for (const archive of archives) await packFolder(dirname(base), archive);
    expect(readFileSync(archives[0]).equals(readFileSync(archives[1]))).toBe(true);
    const elsewhere = { ...options, toolCache: join(root, 'other-tools'), runtimePath: archives[0] };
    expect((await prepareNativeParts(elsewhere)).base.startsWith(elsewhere.toolCache)).toBe(true);
  });

  it('are not installed when a hash of the lock file is wrong', async () => {
    const file = join(root, 'dist', 'runtime', 'package-lock.json');
    const name = `node_modules/@img/sharp-${process.platform}-${process.arch}`;
    const wrong = JSON.parse(readFileSync(file, 'utf8'));
    wrong.packages[name].integrity = wrong.packages['node_modules/sharp'].integrity;
    await writeFile(file, JSON.stringify(wrong));
    const toolCache = join(root, 'third-tools');
    await expect(prepareNativeParts({ ...options, toolCache })).rejects.toThrow('EINTEGRITY');
    expect(existsSync(toolCache)).toBe(false);
  });
});
