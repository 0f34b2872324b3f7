import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { cudaProvider } from './libraries.ts';

/** The vendor's script in its package, which npm is told not to run. */
const PACKAGE = ['node_modules', 'onnxruntime-node'];
const SCRIPT = [...PACKAGE, 'script', 'install.js'];

/** Environment that the script may see: not the inputs and tokens of the job. */
const PASSED_ON = /^(PATH|HOME|USERPROFILE|SystemRoot|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|GLOBAL_AGENT_\w+)$/i;

/** How long the script may take. */
export interface CudaLimits {
  /** Until its download begins: its feed counts as unreachable afterwards. */
  readonly reachSeconds: number;
  /** In all, for some hundred megabytes. */
  readonly totalSeconds: number;
}

/**
 * Runs the install script of `onnxruntime-node` on purpose: it downloads the CUDA build from its vendor's NuGet feed, into the
 * package's own folder. The script itself came with npm, with its hash; what it downloads has none in the lock file.
 *
 * @param folder an installation by npm.
 * @param environment of this process; the script sees little of it.
 * @throws {UserError} when its feed is out of reach, or it brings no CUDA build.
 */
export async function installCuda(
  folder: string,
  environment: Environment,
  limits: CudaLimits = { reachSeconds: 25, totalSeconds: 1200 },
): Promise<void> {
  const reason = await runScript(folder, environment, limits);
  if (reason === null && existsSync(cudaProvider(join(folder, ...PACKAGE)))) return;
  throw new UserError(
    'runtime',
    `device is cuda, so the CUDA build of ONNX Runtime must be installed by its vendor's script, but ${reason ?? 'it brought none'}.`,
    "Check the runner's network and proxy (HTTPS_PROXY): the script downloads from its vendor's NuGet feed. Without a network, name a folder that holds the CUDA build in `runtime-path` (docs/self-hosted.md), or set `device: cpu`.",
  );
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @returns why it failed, `null` where it did not. */
function runScript(
  folder: string,
  environment: Environment,
  { reachSeconds, totalSeconds }: CudaLimits,
): Promise<string | null> {
  const child = spawn(process.execPath, [join(folder, ...SCRIPT)], {
    cwd: folder,
    env: scriptEnvironment(environment, folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, overdue] = ['', ''];
  const endAfter = (seconds: number, what: string) =>
    setTimeout(() => {
      overdue = `it ${what} within ${seconds} seconds`;
      child.kill('SIGKILL');
    }, seconds * 1000);
  const reach = endAfter(reachSeconds, 'did not reach its feed');
  const total = endAfter(totalSeconds, 'was not done');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (/^Downloading /m.test(text)) clearTimeout(reach);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(reach);
      clearTimeout(total);
      resolve(overdue || (code === 0 ? null : `it failed: ${errorIn(said)}`));
    });
  });
}

function scriptEnvironment(environment: Environment, folder: string): Record<string, string> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
  );
  const given = (...names: readonly string[]) =>
    names.map((name) => environment[name] ?? environment[name.toLowerCase()]).find(Boolean);
  // The script's proxy has names of its own.
  const proxies = {
    GLOBAL_AGENT_HTTPS_PROXY: given('HTTPS_PROXY'),
    GLOBAL_AGENT_HTTP_PROXY: given('HTTP_PROXY', 'HTTPS_PROXY'),
    GLOBAL_AGENT_NO_PROXY: given('NO_PROXY'),
  };
  return {
    ...Object.fromEntries(Object.entries(proxies).filter((entry): entry is [string, string] => !!entry[1])),
    ...Object.fromEntries(passed),
    ONNXRUNTIME_NODE_INSTALL: 'cuda12',
    // What it leaves where it is ended goes with the folder.
    ...Object.fromEntries(['TMPDIR', 'TEMP', 'TMP'].map((name) => [name, folder])),
  };
}

/** The message of the error that ended the script, without its stack. */
function errorIn(said: string): string {
  const message = /^(?:\w*Error)(?: \[\w+\])?: (.+)$/m.exec(said)?.[1] ?? said.trim().split('\n', 1)[0];
  return message?.replace(/[.]$/, '') || 'it gave no reason';
}
