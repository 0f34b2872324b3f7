import { type ErrorKind, UserError } from '../errors.ts';

/** What the main thread asks of a worker. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** What a worker says once it has loaded all that it needs. */
export const READY = 'ready';

/** What a worker answers. */
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorRecord };

/** An error on its way between threads, where classes are lost. */
export type ErrorRecord =
  | { readonly type: 'user'; readonly kind: ErrorKind; readonly problem: string; readonly remedy: string }
  | { readonly type: 'bug'; readonly message: string; readonly stack: string };

/** What to tell the user when a thread asks for more memory than there is. */
export const OUT_OF_MEMORY = {
  kind: 'runtime',
  problem: 'A worker thread ran out of memory.',
  remedy: 'Use fewer threads (input `threads`), or a runner with more memory.',
} as const;

export function toRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof UserError) {
    const { kind, problem, remedy } = thrown;
    return { type: 'user', kind, problem, remedy };
  }
  if (thrown instanceof RangeError && /allocation failed/i.test(thrown.message)) {
    return { type: 'user', ...OUT_OF_MEMORY };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { type: 'bug', message: error.message, stack: error.stack ?? error.message };
}

export function fromRecord(record: ErrorRecord): Error {
  if (record.type === 'user') return new UserError(record.kind, record.problem, record.remedy);
  const error = new Error(record.message);
  error.stack = record.stack;
  return error;
}
