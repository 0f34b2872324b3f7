import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import type { Provider } from '../validate/session.ts';
import type { NativeBase } from './load.ts';
import { glibcVersion } from './target.ts';

/** How long the probe may take; on a quiet machine it is a quarter of a second. */
const PROBE_SECONDS = 60;

/**
 * Runs a tiny model and decodes a tiny picture in a process of its own, so that a native part that crashes on this machine
 * becomes an error that says why.
 *
 * @param provider what runs the model.
 * @throws {UserError} when a package is missing, does not load, crashes or computes nonsense.
 */
export async function probe(base: NativeBase, provider: Provider = 'cpu'): Promise<void> {
  const failure = await runProbe(base, provider);
  if (failure === null) return;
  throw explainProbe(failure, { platform: process.platform, glibc: glibcVersion(), base });
}

/** How a probe failed. */
export interface ProbeFailure {
  /** The package that it had come to; `node` where it did not even start. */
  readonly part: string;
  /** What it wrote to standard error. */
  readonly errors: string;
  /** The exit status, `null` after a signal. */
  readonly code: number | null;
  readonly signal: string | null;
}

function runProbe(base: NativeBase, provider: Provider): Promise<ProbeFailure | null> {
  const child = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './probe-child.ts' : './probe-child.js', import.meta.url),
  );
  const options = { timeout: PROBE_SECONDS * 1000, killSignal: 'SIGTERM', windowsHide: true } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, [child, base, provider], options, (error, said, errors) => {
      const part = said.trim().split('\n').at(-1) || 'node';
      if (error === null && part === 'done') resolve(null);
      else {
        const code = typeof error?.code === 'number' ? error.code : null;
        resolve({ part, errors: errors || (error?.message ?? ''), code, signal: error?.signal ?? null });
      }
    });
  });
}

/** What a failure is explained by besides itself. */
export interface Machine {
  readonly platform: string;
  /** The version of glibc, `null` without one. */
  readonly glibc: string | null;
  readonly base: NativeBase;
}

/** Exit status of Windows processes that ended by an exception, by what it is. */
const WINDOWS_CRASHES: Readonly<Record<number, string>> = {
  3221225477: 'an access violation',
  3221225501: 'an illegal instruction',
  3221225781: 'a missing DLL',
  3221225794: 'a DLL that failed to start',
};

/** What a failed probe means for the user. */
export function explainProbe({ part, errors, code, signal }: ProbeFailure, machine: Machine): UserError {
  const reason = reasonOf(errors);
  const error = (problem: string, remedy: string) =>
    new UserError(
      'runtime',
      `${part} (from ${machine.base}) must work on this machine, but ${problem}.`,
      remedy,
    );

  const symbol = /version `(GLIBC|GLIBCXX|CXXABI)_([\d.]+)' not found/.exec(errors);
  if (symbol?.[1] === 'GLIBC') {
    return error(
      `it needs glibc ${symbol[2]} or newer, and this machine has ${machine.glibc ?? 'none'}`,
      'Use a newer system or container image: Ubuntu 20.04, Debian 10, RHEL 8 or later.',
    );
  }
  if (symbol || /libstdc\+\+\.so\.6: cannot open shared object file/.test(errors)) {
    return error(
      `the system's C++ library is missing or too old: ${reason}`,
      'Install the package libstdc++6 (Debian, Ubuntu) or libstdc++ (RHEL), or use a newer container image.',
    );
  }
  if (/Error (loading shared library|relocating)/.test(errors)) {
    return error(
      'it needs glibc, and this is a system with another C library, such as Alpine with musl',
      'Use a container image with glibc, such as node:24-bookworm-slim.',
    );
  }
  const library = /(\S+\.so[.\d]*): cannot open shared object file/.exec(errors);
  if (library) {
    return error(`${library[1]} is missing`, 'Install the system package that holds this library.');
  }
  if (/failed to map segment from shared object/.test(errors)) {
    return error(
      `the system does not run code from its folder: ${reason}`,
      'Mount the folder without `noexec`, or name one on another disk in `runtime-path`.',
    );
  }
  if (machine.platform === 'win32' && /ERR_DLOPEN_FAILED/.test(errors)) {
    return error(
      `Windows does not load it: ${reason}`,
      'Install the Microsoft Visual C++ Redistributable 2015-2022 for this architecture, or its newest update.',
    );
  }
  if (signal === 'SIGILL' || code === 0xc000001d) {
    return error(
      'it uses instructions that this processor does not have',
      'Use a machine with a processor of x86-64-v2 (2009) or later.',
    );
  }
  if (signal === 'SIGKILL') {
    return error('the system ended it, most likely for want of memory', 'Use a runner with more memory.');
  }
  if (signal === 'SIGTERM') {
    return error(`it did not answer within ${PROBE_SECONDS} seconds`, 'Try again on a less busy machine.');
  }
  const crash = signal ?? WINDOWS_CRASHES[code ?? 0];
  if (crash) {
    return error(
      `it crashed by ${crash}`,
      'Remove that folder so that it is installed anew; if it crashes again, please report it with the kind of machine.',
    );
  }
  return error(`it does not: ${reason}`, 'Remove that folder so that it is installed anew.');
}

/** The message of the error that ended a Node process, without its stack. */
function reasonOf(errors: string): string {
  const message = /^(?:\w*Error)(?: \[\w+\])?: (.+)$/m.exec(errors)?.[1] ?? errors;
  return message.replace(/\s+/g, ' ').trim().replace(/[.]$/, '') || 'it ended without a word';
}
