import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Runs workflows of `uses: ./` on this machine, out of a clean clone (github.com/nektos/act, a Go module). */
const ACT = 'github.com/nektos/act@v0.2.89';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'yolo-prune-e2e-'));
const clone = join(folder, 'clone');

function call(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): SpawnSyncReturns<string> {
  const result = spawnSync(command, args, {
    cwd: existsSync(clone) ? clone : repository,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.error) throw result.error;
  return result;
}

/** The path of act, installed once into a cache folder; null where there is no Go. */
function act(): string | null {
  const bin = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'yolo-prune-e2e', 'v0.2.89');
  const path = join(bin, 'act');
  if (existsSync(path)) return path;
  if (spawnSync('go', ['version']).status !== 0) return null;
  const { status, stderr } = call('go', ['install', ACT], { ...process.env, GOBIN: bin });
  if (status !== 0) throw new Error(`go install ${ACT} failed: ${stderr}`);
  return path;
}

const found = act();
if (found === null) console.error('SKIPPED: workflows by act (there is no Go to install it with).');

describe.skipIf(found === null)('uses: ./ out of a clean clone, without node_modules', () => {
  beforeAll(() => {
    expect(call('git', ['clone', '--quiet', repository, clone]).status).toBe(0);
    mkdirSync(join(clone, '.github', 'workflows'), { recursive: true });
    copyFileSync(
      join(repository, 'test', 'e2e', 'workflows', 'verdicts.yml'),
      join(clone, '.github', 'workflows', 'e2e.yml'),
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = () => {
    const env = {
      ...process.env,
      // The Node that runs this is the runner's: act starts JavaScript actions with the one on PATH.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      // act sets RUNNER_TOOL_CACHE itself, to a folder below this one: the first run must find it empty.
      XDG_CACHE_HOME: join(folder, 'cache'),
    };
    const args = ['push', '-W', '.github/workflows/e2e.yml', '-P', 'ubuntu-latest=-self-hosted'];
    return call(found!, args, env);
  };

  it('passes, fails and refuses as it should; the native packages are installed once', () => {
    const { status, stdout, stderr } = run();
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain('by npm, once');
    expect(stdout).toMatch(/PASS: mAP50-95/);
    expect(stdout).toMatch(/FAIL: mAP50-95/);
    // act shows workflow commands as they are sent, with `%` encoded.
    expect(stdout).toContain('Did you mean 30%25?');
  });

  it('finds them in the tool cache the second time', () => {
    const { status, stdout, stderr } = run();
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).not.toContain('by npm, once');
    expect(stdout).toContain('come from tool cache');
  });
});
