import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.ts';
import { type Answer, type Call, fromRecord, OUT_OF_MEMORY, READY } from './messages.ts';

/** The methods that a worker offers: one structured-cloneable argument, one structured-cloneable result. */
export type Methods = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

type Argument<M extends Methods, K extends keyof M> = Parameters<M[K]>[0];
type Result<M extends Methods, K extends keyof M> = Awaited<ReturnType<M[K]>>;

interface Pending {
  readonly worker: PooledWorker;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface PooledWorker {
  readonly thread: Worker;
  busy: boolean;
  /** Whether it loads native code, and must not be ended yet. */
  isStarting: boolean;
}

interface Waiting {
  readonly start: (worker: PooledWorker) => void;
  readonly reject: (error: Error) => void;
}

/** How long a thread may take over its last call; the slowest image takes a few seconds. */
const GRACE_MILLISECONDS = 10_000;

/** Threads that run the same entry file and share the calls among them. */
export class WorkerPool<M extends Methods> {
  readonly size: number;
  readonly #workers: readonly PooledWorker[];
  readonly #pending = new Map<number, Pending>();
  readonly #queue: Waiting[] = [];
  #failure: Error | null = null;
  #nextId = 0;
  #onSettled: () => void = () => {};

  /**
   * @param entry file that calls `serve()`.
   * @param size number of threads.
   * @param workerData what each thread finds in `workerData`.
   * @param timeUp gives all calls up when it is aborted, with its reason.
   */
  constructor(entry: URL, size: number, workerData: unknown, timeUp?: AbortSignal) {
    this.size = size;
    const giveUp = () => this.abort(timeUp?.reason as Error);
    if (timeUp?.aborted) giveUp();
    timeUp?.addEventListener('abort', giveUp);
    this.#workers = Array.from({ length: size }, () => {
      const worker: PooledWorker = {
        thread: new Worker(entry, { workerData }),
        busy: false,
        isStarting: true,
      };
      worker.thread.on('message', (answer: Answer | typeof READY) =>
        answer === READY ? this.#welcome(worker) : this.#settle(answer),
      );
      worker.thread.on('error', (error: NodeJS.ErrnoException) => this.#bury(worker, explain(error)));
      worker.thread.on('exit', (code) => this.#bury(worker, ended(code)));
      return worker;
    });
  }

  /** Calls a method on the next free thread; calls wait their turn in order. */
  run<K extends keyof M & string>(method: K, argument: Argument<M, K>): Promise<Result<M, K>> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const start = (worker: PooledWorker) =>
        this.#send(worker, method, argument, { worker, resolve, reject });
      const free = this.#workers.find((worker) => !worker.busy);
      if (free) start(free);
      else this.#queue.push({ start, reject });
    });
  }

  /**
   * Calls a method on every thread, for what each has to know; the pool must be idle. It settles when all threads have: an
   * error in one must not let the process end while others are inside native code.
   */
  async broadcast<K extends keyof M & string>(method: K, argument: Argument<M, K>): Promise<Result<M, K>[]> {
    if (this.#failure) throw this.#failure;
    const calls = this.#workers.map(
      (worker) =>
        new Promise<Result<M, K>>((resolve, reject) => {
          this.#send(worker, method, argument, { worker, resolve, reject });
        }),
    );
    await Promise.allSettled(calls);
    return Promise.all(calls);
  }

  /** Gives all calls up, those under way too, and refuses later ones; the threads finish what they are at. */
  abort(reason: Error): void {
    if (this.#failure) return;
    this.#failure = reason;
    for (const { reject } of [...this.#pending.values(), ...this.#queue.splice(0)]) reject(reason);
  }

  /**
   * Ends all threads after what they are doing, for a thread that is stopped inside native code, or while it loads some, takes the
   * process with it; calls that have not begun are given up. It may be called again.
   *
   * A thread that does not come back cannot be ended at all, and the process would wait for it for ever: then its end is a
   * kill, after everything else.
   */
  async close(): Promise<void> {
    this.#failure ??= new Error('The worker pool is closed.');
    for (const { reject } of this.#queue.splice(0)) reject(this.#failure);
    if (!(await this.#isIdleWithin(GRACE_MILLISECONDS))) {
      for (const { thread } of this.#workers) thread.unref();
      process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
      return;
    }
    await Promise.all(this.#workers.map(({ thread }) => thread.removeAllListeners('exit').terminate()));
  }

  async #isIdleWithin(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeIsUp = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, milliseconds, false);
    });
    const idle = new Promise<true>((resolve) => {
      this.#onSettled = () => {
        if (this.#pending.size === 0 && !this.#workers.some(({ isStarting }) => isStarting)) resolve(true);
      };
      this.#onSettled();
    });
    const isIdle = await Promise.race([idle, timeIsUp]);
    clearTimeout(timer);
    return isIdle;
  }

  #send(worker: PooledWorker, method: string, argument: unknown, pending: Pending): void {
    const id = this.#nextId++;
    worker.busy = true;
    this.#pending.set(id, pending);
    worker.thread.postMessage({ id, method, argument } satisfies Call);
  }

  #welcome(worker: PooledWorker): void {
    worker.isStarting = false;
    this.#onSettled();
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    this.#pending.delete(answer.id);
    pending.worker.busy = false;
    if (!this.#failure) this.#queue.shift()?.start(pending.worker);
    if ('error' in answer) pending.reject(fromRecord(answer.error));
    else pending.resolve(answer.result as never);
    this.#onSettled();
  }

  /** A dead thread answers no more, and without it the pool gives up; the other threads finish what they are at. */
  #bury(worker: PooledWorker, reason: Error): void {
    this.abort(reason);
    for (const [id, pending] of this.#pending) if (pending.worker === worker) this.#pending.delete(id);
    worker.isStarting = false;
    this.#onSettled();
  }
}

function explain(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new UserError(OUT_OF_MEMORY.kind, OUT_OF_MEMORY.problem, OUT_OF_MEMORY.remedy, { cause: error });
}

function ended(code: number): UserError {
  return new UserError(
    'runtime',
    `A worker thread ended with exit code ${code} before its work was done.`,
    'The machine may be short of memory: use fewer threads (input `threads`), and run the step again.',
  );
}
