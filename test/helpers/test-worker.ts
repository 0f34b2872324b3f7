import { workerData } from 'node:worker_threads';
import { UserError } from '../../src/errors.ts';
import { serve } from '../../src/workers/serve.ts';

export type TestWorker = typeof methods;

let greeting = 'hello';

/** Where a test wants to know of it: a start that takes its time, as that of native code does. */
if (workerData instanceof SharedArrayBuffer) {
  const started = new Int32Array(workerData);
  Atomics.wait(started, 0, 0, 300);
  Atomics.store(started, 1, 1);
}

const methods = {
  async greet(name: string): Promise<string> {
    return `${greeting} ${name}`;
  },
  async setGreeting(next: string): Promise<void> {
    greeting = next;
  },
  async refuse(): Promise<void> {
    throw new UserError('dataset', 'It must be this.', 'Do that.');
  },
  async crash(): Promise<void> {
    process.exit(3);
  },
  async fillTheHeap(): Promise<void> {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, () => ({})));
  },
  async askForTooMuch(): Promise<void> {
    new ArrayBuffer(2 ** 50);
  },
  async work(milliseconds: number): Promise<number> {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    return milliseconds;
  },
  async bug(): Promise<void> {
    throw new TypeError('undefined is not a function');
  },
};

serve(methods);
