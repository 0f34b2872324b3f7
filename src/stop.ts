import { UserError } from './errors.ts';

/** Signals that end a process from outside: Ctrl-C and a cancelled job send the first, a runner in a hurry the second. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * A signal that is aborted when the process is told to end. What listens to it cleans up at once and synchronously: then
 * the process ends as the system ends it, whatever its threads are inside of, with exit status 130 or 143.
 */
export function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      try {
        stop.abort(signal);
      } finally {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      }
    });
  }
  return stop.signal;
}

/** The end of the time that a run may take. */
export interface TimeLimit {
  /** Aborted, with an error to tell, when the time is up. */
  readonly timeUp: AbortSignal;
  callOff(): void;
}

/** @param seconds `null` for no limit. */
export function limitTime(seconds: number | null): TimeLimit {
  const limit = new AbortController();
  const timer =
    seconds === null ? undefined : setTimeout(() => limit.abort(timeIsUp(seconds)), seconds * 1000);
  return { timeUp: limit.signal, callOff: () => clearTimeout(timer) };
}

function timeIsUp(seconds: number): UserError {
  return new UserError(
    'input',
    `The run must end within ${seconds} seconds (input \`timeout\`), but it had not.`,
    'Nothing was replaced. Raise `timeout`, validate on fewer images, or use a faster runner.',
  );
}
