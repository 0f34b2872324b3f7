import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { explainNpm, findNpm, runNpm } from '../../src/runtime/npm.ts';
import { fakeNpm, temporaryFolder } from './surroundings.ts';

afterEach(() => void vi.unstubAllEnvs());

it.each<[string, string, RegExp]>([
  [
    'a wrong hash',
    'npm error code EINTEGRITY\nnpm error Integrity checksum failed when using sha512: wanted sha512-a but got sha512-b.',
    /must have the hashes of the action's lock file, .*wanted sha512-a but got sha512-b.* nothing was installed/,
  ],
  [
    'a host without a name',
    'npm warn x\nnpm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\nnpm error network request to http://registry.invalid/x failed',
    /does not reach its registry: ENOTFOUND: network request to .* `runtime-path`/,
  ],
  [
    'a refused connection (npm 9)',
    'npm ERR! code ECONNREFUSED\nnpm ERR! syscall connect',
    /does not reach its registry: ECONNREFUSED\./,
  ],
  [
    'a slow registry',
    'npm error code FETCH_ERROR\nnpm error network timeout at: x',
    /does not reach its registry/,
  ],
  [
    'a broken registry',
    'npm error code E503\nnpm error 503 Service Unavailable',
    /does not reach its registry: E503/,
  ],
  [
    'a company’s own certificate',
    'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to x failed',
    /does not trust the certificate.*NODE_EXTRA_CA_CERTS/,
  ],
  [
    'a missing token',
    'npm error code E401\nnpm error Unable to authenticate',
    /refuses: E401: Unable to authenticate.*token/,
  ],
  [
    'a missing package',
    "npm error code E404\nnpm error 404 'x@1' could not be found",
    /does not have a package: E404.*Add the package/,
  ],
  ['a full disk', 'npm error code ENOSPC\nnpm error nospc no space left', /disk is full.*Free 500 MB/],
  [
    'anything else',
    'npm error code EODD\nnpm error one\nnpm error two',
    /npm failed: EODD; one; two\. Run `npm ci/,
  ],
  ['silence', '', /npm failed: it gave no reason/],
])('explains %s', (_, errors, expected) => {
  const error = explainNpm({ ok: false, timedOut: false, errors });
  expect(error.kind).toBe('runtime');
  expect(error.message).toMatch(expected);
});

it.skipIf(process.platform === 'win32')('ends an npm that does not answer', async () => {
  const folder = await temporaryFolder();
  await fakeNpm(folder, 'echo $$ > "$NPM_LOG".pid; exec sleep 1000');
  vi.stubEnv('NPM_LOG', join(folder, 'log'));
  const limit = new AbortController();
  const ended = runNpm({ program: join(folder, 'npm'), first: [] }, ['ci'], folder, limit.signal);
  const pid = await vi.waitFor(async () => {
    const written = await readFile(join(folder, 'log.pid'), 'utf8');
    expect(written).toMatch(/\n$/);
    return Number(written);
  });
  limit.abort();
  const result = await ended;
  expect(result).toMatchObject({ ok: false, timedOut: true });
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  expect(explainNpm(result).message).toContain('does not reach its registry: it did not answer in time');
});

it.skipIf(process.platform === 'win32')('finds npm on the PATH, else beside Node, else says so', async () => {
  const folder = await temporaryFolder();
  vi.stubEnv('PATH', folder);
  const besideNode = await findNpm().catch((error: Error) => error);
  if (besideNode instanceof Error) expect(besideNode.message).toContain('there is no npm on the PATH');
  else expect(besideNode.program).toBe(process.execPath);
  await fakeNpm(folder, '');
  expect(await findNpm()).toEqual({ program: join(folder, 'npm'), first: [] });
});
