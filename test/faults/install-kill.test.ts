import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadNativeParts, runtimeName } from '../../src/runtime/load.ts';
import { currentTarget } from '../../src/runtime/target.ts';

const KILLS = process.env.FAULTS === 'full' ? 20 : 2;
const CHILD = fileURLToPath(new URL('../runtime/prepare-child.ts', import.meta.url));
const LOCKS = fileURLToPath(new URL('../../dist/runtime', import.meta.url));

let root: string;
let wholeMilliseconds: number;
const counts = { killed: 0, ended: 0, broken: 0 };

beforeAll(async () => {
  if (process.platform === 'win32') return;
  root = mkdtempSync(join(tmpdir(), 'install-kill-'));
  cpSync(LOCKS, join(root, 'dist', 'runtime'), { recursive: true });
  // The first fills npm's own cache; the second says how long an installation takes.
  for (let run = 0; run < 2; run++) {
    const started = performance.now();
    const { base } = await install();
    expect(base).toContain('yolo-prune-runtime');
    wholeMilliseconds = performance.now() - started;
    forget();
  }
}, 600_000);

afterAll(() => {
  process.stdout.write(
    `kill -9 while installing: ${counts.killed} in the middle, ${counts.ended} too late, ${counts.broken} installations that did not work afterwards\n`,
  );
  rmSync(root, { recursive: true, force: true });
});

function forget(): void {
  rmSync(join(root, 'tools'), { recursive: true, force: true });
}

/**
 * Installs the real packages by npm in a process of its own.
 *
 * @param killAfter milliseconds after which it is killed.
 * @param all whether npm is killed too, as by a runner that is switched off; else it goes on for itself.
 */
function install(
  killAfter?: number,
  all = false,
): Promise<{ readonly base: string; readonly killed: boolean }> {
  const options = {
    bundleUrl: pathToFileURL(join(root, 'dist', 'index.js')).href,
    toolCache: join(root, 'tools'),
    temp: join(root, 'temp'),
    target: currentTarget(),
    device: 'cpu',
    environment: {},
    runtimePath: null,
    kept: null,
  };
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
  const kill = () => process.kill(all ? -child.pid! : child.pid!, 'SIGKILL');
  const timer = killAfter === undefined ? undefined : setTimeout(kill, killAfter);
  return new Promise((resolve, reject) =>
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal === null) reject(new Error(errors));
      else resolve({ base: out, killed: signal === 'SIGKILL' });
    }),
  );
}

test.skipIf(process.platform === 'win32')(
  `an installation that is killed at any time does not disturb the next one (${KILLS} times)`,
  {
    timeout: 3_600_000,
  },
  async () => {
    for (let number = 0; number < KILLS; number++) {
      const { killed } = await install(Math.random() * wholeMilliseconds, number % 2 === 0);
      counts[killed ? 'killed' : 'ended']++;
      counts.broken++;
      const { base } = await install();
      expect(runtimeName(base)).toMatch(/^onnxruntime-node \d/);
      expect(loadNativeParts(base).ort.InferenceSession).toBeDefined();
      counts.broken--;
      forget();
    }
  },
);
