import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { which } from '@actions/io';
import { UserError } from '../errors.ts';

/** How npm is started: a program, and what comes before npm's own arguments. */
export interface Npm {
  readonly program: string;
  readonly first: readonly string[];
}

/** How an npm command ended. */
export interface NpmResult {
  readonly ok: boolean;
  readonly timedOut: boolean;
  /** Standard error: npm prints its errors there. */
  readonly errors: string;
}

/**
 * Finds npm on the `PATH`, or else beside the Node that runs this: the runner's own Node brings it on Linux and macOS.
 *
 * @throws {UserError} without any npm.
 */
export async function findNpm(): Promise<Npm> {
  const found = await which('npm');
  if (found) return { program: found, first: [] };
  const bin = dirname(process.execPath);
  const beside = [join(dirname(bin), 'lib'), bin]
    .map((folder) => join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'))
    .find((path) => existsSync(path));
  if (beside) return { program: process.execPath, first: [beside] };
  throw new UserError(
    'runtime',
    'ONNX Runtime and sharp must be installed once by npm, but there is no npm on the PATH.',
    'Add a step with actions/setup-node before this one or install npm on the runner; without a network, name a prepared folder or archive in `runtime-path`.',
  );
}

/**
 * Runs npm in a folder, without a terminal.
 *
 * Not by @actions/exec, which cannot end a command: npm has no limit of its own for a connection that is never answered, as
 * behind a firewall that drops packets.
 *
 * @param args words without spaces or anything else that a shell would read.
 * @param limit ends npm.
 */
export function runNpm(
  npm: Npm,
  args: readonly string[],
  cwd: string,
  limit?: AbortSignal,
): Promise<NpmResult> {
  return new Promise((resolve, reject) => {
    const child = start(npm, args, cwd, limit);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('close', (code) => resolve({ ok: code === 0, timedOut: false, errors }));
    child.on('error', (error) => {
      if (!limit?.aborted) return reject(error);
      // On Windows npm itself is a child of the shell and lives a little longer: it must not hold this process.
      child.stderr.destroy();
      child.unref();
      resolve({ ok: false, timedOut: true, errors });
    });
  });
}

function start({ program, first }: Npm, args: readonly string[], cwd: string, signal?: AbortSignal) {
  const words = [...first, ...args];
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
  const options = { cwd, stdio, killSignal: 'SIGKILL', ...(signal && { signal }) } as const;
  if (!/\.(cmd|bat)$/i.test(program)) return spawn(program, words, options);
  // Windows runs .cmd files by a shell only.
  return spawn(`"${program}" ${words.join(' ')}`, { ...options, shell: true });
}

const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|ENOTCACHED|FETCH_ERROR|ERR_SOCKET_TIMEOUT|E(CONNECTION|IDLE|RESPONSE|TRANSFER)TIMEOUT|E5\d\d)$/;
const UNTRUSTED = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/;

const WITHOUT_NETWORK =
  'Without a network, name a prepared folder or archive in `runtime-path` (`npm run runtime:pack` makes one), or use a runner whose tool cache has been filled by an earlier run.';

/** What an npm command that failed means for the user. */
export function explainNpm({ timedOut, errors }: NpmResult): UserError {
  const lines = [...errors.matchAll(/^npm (?:error|ERR!) (.+)$/gm)].map(([, text]) => text!.trim());
  const code = lines.find((line) => line.startsWith('code '))?.slice('code '.length) ?? '';
  const said = lines.filter((line) => !/^(code|errno|syscall) |A complete log of this run/.test(line));
  const reason = timedOut ? 'it did not answer in time' : [code, said[0]].filter(Boolean).join(': ');
  const must = 'ONNX Runtime and sharp must be installed once by npm';
  if (code === 'EINTEGRITY') {
    return new UserError(
      'runtime',
      `The packages must have the hashes of the action's lock file, but one that npm got has not: ${reason}.`,
      'It was changed or damaged on its way, so nothing was installed: check the registry or proxy that npm uses on this machine, and clear its cache (`npm cache clean --force`).',
    );
  }
  if (timedOut || UNREACHABLE.test(code)) {
    return new UserError(
      'runtime',
      `${must}, but npm does not reach its registry: ${reason}.`,
      `Check the runner's network, and npm's registry and proxy (\`npm config get registry\`, HTTPS_PROXY). ${WITHOUT_NETWORK}`,
    );
  }
  if (UNTRUSTED.test(code)) {
    return new UserError(
      'runtime',
      `${must}, but npm does not trust the certificate of its registry: ${reason}.`,
      'Name the certificate authority in NODE_EXTRA_CA_CERTS, or in `cafile` of the npm configuration.',
    );
  }
  if (code === 'E401' || code === 'E403' || code === 'ENEEDAUTH') {
    return new UserError(
      'runtime',
      `${must}, but its registry refuses: ${reason}.`,
      'Give npm a token for that registry, as by `registry-url` of actions/setup-node and NODE_AUTH_TOKEN.',
    );
  }
  if (code === 'E404' || code === 'ETARGET') {
    return new UserError(
      'runtime',
      `${must}, but its registry does not have a package: ${reason}.`,
      `Add the package to the registry that npm uses on this machine. ${WITHOUT_NETWORK}`,
    );
  }
  if (code === 'ENOSPC') {
    return new UserError(
      'runtime',
      `${must}, but the disk is full: ${reason}.`,
      'Free 500 MB for the temporary folder and npm’s cache.',
    );
  }
  return new UserError(
    'runtime',
    `${must}, but npm failed: ${[code, ...said].filter(Boolean).join('; ') || 'it gave no reason'}.`,
    `Run \`npm ci --ignore-scripts\` in the folder dist/runtime of the action to see more. ${WITHOUT_NETWORK}`,
  );
}
