import { setFlagsFromString } from 'node:v8';
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

test('closing waits for threads that are still starting', async () => {
  const started = new SharedArrayBuffer(8);
  await new WorkerPool<TestWorker>(ENTRY, 1, started).close();
  expect(new Int32Array(started)[1]).toBe(1);
});

test('closing gives up what has not begun', async () => {
  const pool = start(1);
  const calls = [pool.run('greet', 'first'), pool.run('greet', 'second')];
  const settled = Promise.allSettled(calls);
  await pool.close();
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test.for(['fillTheHeap', 'askForTooMuch'] as const)(
  'a thread without memory is a clear error (%s)',
  async (how) => {
    setFlagsFromString('--max-old-space-size=64');
    try {
      const failed = start(1).run(how, undefined as never);
      await expect(failed).rejects.toBeInstanceOf(UserError);
      await expect(failed).rejects.toThrow(/ran out of memory.*`threads`/);
    } finally {
      setFlagsFromString('--max-old-space-size=4096');
    }
  },
);

test('calls are given up with the reason at once, and the threads finish what they are at', async () => {
  const pool = start(1);
  const reason = new UserError('input', 'It took too long.', 'Raise it.');
  const calls = [pool.run('work', 200), pool.run('greet', 'nobody')];
  pool.abort(reason);
  expect(await Promise.allSettled(calls)).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ]);
  await expect(pool.run('greet', 'later')).rejects.toBe(reason);
  await pool.close();
});

test('one dead thread does not stop the others in the middle of something', async () => {
  const pool = start(2);
  const [slow, dead] = [pool.run('work', 300), pool.run('crash', undefined as never)];
  const settled = Promise.allSettled([slow, dead]);
  await expect(dead).rejects.toThrow(/ended with exit code 3.*short of memory/s);
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await pool.close();
});
