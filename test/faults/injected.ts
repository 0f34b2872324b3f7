import type { FileOperations } from '../../src/files/operations.ts';
import { failure } from './simulated-disk.ts';

/** Not an error of the system: nothing may take it for one and carry on. */
export class PowerCut extends Error {}

/** What happens at one operation: it fails, once or from then on, or the process ends before, in the middle or after it. */
export type Fault =
  | { readonly kind: 'error'; readonly code: string; readonly lasts: boolean }
  | { readonly kind: 'end'; readonly when: 'before' | 'halfway' | 'after' };

type Name = keyof FileOperations;

/** Operations in order, counted, with a fault at one of them. */
export class Injected {
  /** Names of the operations that were asked for. */
  readonly asked: Name[] = [];
  readonly files: FileOperations;
  #isOver = false;

  /**
   * @param at number of the operation, from 0.
   * @param matters operations that are counted; the others always work.
   */
  constructor(real: FileOperations, at: number, fault: Fault, matters: (name: Name) => boolean = () => true) {
    const wrap =
      (name: Name) =>
      (...args: readonly unknown[]): unknown => {
        const perform = () => (real[name] as (...given: unknown[]) => unknown).apply(real, [...args]);
        if (this.#isOver) throw new PowerCut();
        if (!matters(name)) return perform();
        const number = this.asked.push(name) - 1;
        const strikes = number === at || (fault.kind === 'error' && fault.lasts && number > at);
        return strikes ? this.#strike(fault, name, args, perform, real) : perform();
      };
    const names: readonly Name[] = OPERATIONS;
    this.files = Object.fromEntries(names.map((name) => [name, wrap(name)])) as unknown as FileOperations;
  }

  #strike(
    fault: Fault,
    name: Name,
    args: readonly unknown[],
    perform: () => unknown,
    real: FileOperations,
  ): unknown {
    if (fault.kind === 'error') throw failure(fault.code, String(args[0]));
    this.#isOver = true;
    if (fault.when === 'after') whateverComes(perform);
    if (fault.when === 'halfway' && name === 'write') {
      const [file, bytes] = args as [number, Uint8Array];
      real.write(file, bytes.subarray(0, bytes.length >> 1));
    }
    throw new PowerCut();
  }
}

/** The operation may be one that fails anyhow, such as a second name where there are none. */
function whateverComes(perform: () => unknown): void {
  try {
    perform();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

export const OPERATIONS: readonly Name[] = [
  'stat',
  'lstat',
  'realpath',
  'mkdir',
  'rmdir',
  'openToRead',
  'create',
  'read',
  'write',
  'chown',
  'chmod',
  'utimes',
  'sync',
  'close',
  'rename',
  'link',
  'remove',
  'syncFolder',
];

/** Those that change what is on the disk. */
export const WRITES: ReadonlySet<Name> = new Set(
  OPERATIONS.filter((name) => !['stat', 'lstat', 'realpath', 'openToRead', 'read', 'close'].includes(name)),
);
