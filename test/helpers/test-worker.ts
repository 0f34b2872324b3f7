import { UserError } from '../../src/errors.ts';
import { serve } from '../../src/workers/serve.ts';

export type TestWorker = typeof methods;

let greeting = 'hello';

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
