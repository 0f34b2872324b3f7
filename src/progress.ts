import type { Log } from './log.ts';

/** Seconds between two lines of progress. */
const INTERVAL = 5;

/**
 * Tells how far a long work is: done, speed, time left; a line every few seconds, and none for work that is over sooner.
 *
 * @param unit what is counted, such as `images`.
 * @param now clock in milliseconds.
 * @returns to be called after each piece of work.
 */
export function progressOf(
  log: Log,
  total: number,
  unit: string,
  now: () => number = () => performance.now(),
): () => void {
  const started = now();
  let lastLine = started;
  let done = 0;
  return () => {
    done++;
    const time = now();
    if (time - lastLine < INTERVAL * 1000 || done === total) return;
    lastLine = time;
    const speed = (done * 1000) / (time - started);
    log.info(
      `${done} of ${total} ${unit}, ${speed.toFixed(1)} ${unit} a second, ${Math.ceil((total - done) / speed)} s left`,
    );
  };
}
