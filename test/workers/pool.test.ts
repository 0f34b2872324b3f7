import { afterEach, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { WorkerPool } from '../../src/workers/pool.ts';
import type { TestWorker } from '../helpers/test-worker.ts';

const ENTRY = new URL('../helpers/test-worker.ts', import.meta.url);
const pools: WorkerPool<TestWorker>[] = [];

function start(size: number): WorkerPool<TestWorker> {
  const pool = new WorkerPool<TestWorker>(ENTRY, size, null);
  pools.push(pool);
  return pool;
}

afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

test('more calls than threads all get their own answer', async () => {
  const pool = start(2);
  const names = Array.from({ length: 20 }, (_, i) => String(i));
  expect(await Promise.all(names.map((name) => pool.run('greet', name)))).toEqual(
    names.map((name) => `hello ${name}`),
  );
});

test('a broadcast reaches every thread', async () => {
  const pool = start(2);
  await pool.broadcast('setGreeting', 'ciao');
  const answers = await Promise.all(Array.from({ length: 8 }, () => pool.run('greet', 'you')));
  expect(new Set(answers)).toEqual(new Set(['ciao you']));
});

test('an error that the user can act on stays one, and the pool goes on', async () => {
  const pool = start(1);
  const refused = pool.run('refuse', undefined as never);
  await expect(refused).rejects.toBeInstanceOf(UserError);
  await expect(refused).rejects.toMatchObject({
    kind: 'dataset',
    problem: 'It must be this.',
    remedy: 'Do that.',
  });
  expect(await pool.run('greet', 'again')).toBe('hello again');
});

test('a bug keeps its own stack trace', async () => {
  await expect(start(1).run('bug', undefined as never)).rejects.toMatchObject({
    message: 'undefined is not a function',
    stack: expect.stringContaining('test-worker.ts'),
  });
});

test('a thread that dies fails all calls, those that wait too', async () => {
  const pool = start(1);
  const calls = [pool.run('crash', undefined as never), pool.run('greet', 'nobody')];
  for (const result of await Promise.allSettled(calls)) expect(result.status).toBe('rejected');
  await expect(pool.run('greet', 'later')).rejects.toThrow(/ended with exit code 3/);
});

test('closing gives up what has not begun', async () => {
  const pool = start(1);
  const calls = [pool.run('greet', 'first'), pool.run('greet', 'second')];
  const settled = Promise.allSettled(calls);
  await pool.close();
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});
