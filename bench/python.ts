import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, 'peers.py');

/** Runs bench/peers.py. @returns what it printed as JSON. */
export function askPeer<T>(python: string, args: readonly string[]): T {
  const output = execFileSync(interpreter(python), [SCRIPT, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
    env: { ...process.env, YOLO_VERBOSE: 'False', YOLO_OFFLINE: 'True' },
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as T;
}

/** Seconds of the whole process, start and imports included. */
export function secondsOfPeer(python: string, args: readonly string[]): number {
  const started = performance.now();
  askPeer(python, args);
  return (performance.now() - started) / 1000;
}

/** The interpreter itself, or that of a virtual environment's folder. */
export function interpreter(python: string): string {
  const [inside] = [join(python, 'bin', 'python'), join(python, 'Scripts', 'python.exe')].filter(existsSync);
  return inside ?? python;
}
