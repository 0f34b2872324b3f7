import { parentPort } from 'node:worker_threads';
import { type Answer, type Call, READY, toRecord } from './messages.ts';
import type { Methods } from './pool.ts';

/** Makes the running worker tell that it has started, and answer the calls of its pool, one after the other. */
export function serve(methods: Methods): void {
  const port = parentPort;
  if (!port) throw new Error('serve() must run in a worker thread.');
  let last: Promise<void> = Promise.resolve();
  port.on('message', ({ id, method, argument }: Call) => {
    last = last.then(async () => {
      let answer: Answer;
      try {
        answer = { id, result: await methods[method]!(argument as never) };
      } catch (error) {
        answer = { id, error: toRecord(error) };
      }
      port.postMessage(answer);
    });
  });
  port.postMessage(READY);
}
