import { printable } from './report/escape.ts';

/** Where the user has to look to put a problem right. */
export type ErrorKind = 'input' | 'model' | 'dataset' | 'files' | 'runtime';

/** Characters of a sentence that anybody reads. */
const LONGEST = 2000;

/** What came from a file may be of any length, and hold what a terminal obeys. */
function readable(sentence: string): string {
  return printable(sentence.length <= LONGEST ? sentence : `${sentence.slice(0, LONGEST)} …`);
}

/**
 * A mistake or a condition that the user can do something about.
 *
 * `problem` says what it must be and what it was, `remedy` what to do. The entries print the message without a
 * stack trace; every other error is a bug and keeps its trace.
 */
export class UserError extends Error {
  readonly kind: ErrorKind;
  readonly problem: string;
  readonly remedy: string;

  constructor(kind: ErrorKind, problem: string, remedy: string, options?: ErrorOptions) {
    const [what, todo] = [readable(problem), readable(remedy)];
    super(`${what} ${todo}`, options);
    this.name = 'UserError';
    this.kind = kind;
    this.problem = what;
    this.remedy = todo;
  }
}

/** All problems of one reading, reported together so that the user mends them in one go. */
export class UserErrors extends Error {
  readonly errors: readonly UserError[];

  constructor(heading: string, errors: readonly UserError[]) {
    super([heading, ...errors.map((error) => `  - ${error.message}`)].join('\n'));
    this.name = 'UserErrors';
    this.errors = errors;
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
