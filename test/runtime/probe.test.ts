import { join } from 'node:path';
import { expect, it } from 'vitest';
import { baseOf } from '../../src/runtime/parts-folder.ts';
import { explainProbe, type Machine, type ProbeFailure, probe } from '../../src/runtime/probe.ts';
import { standIns, temporaryFolder, writeTree } from './surroundings.ts';

async function baseWith(parts: Parameters<typeof standIns>[0]): Promise<string> {
  return baseOf(await writeTree(await temporaryFolder(), standIns(parts)));
}

it('passes the real packages', async () => {
  await probe(import.meta.url);
});

it('says which package is missing', async () => {
  const base = join(await temporaryFolder(), 'package.json');
  await expect(probe(base)).rejects.toThrow(
    /^onnxruntime-node \(from .*\) must work .* Cannot find module 'onnxruntime-node'/,
  );
});

it('says which package crashed, and how', async () => {
  const crash = (signal: string) => `process.kill(process.pid, '${signal}'); for (;;);`;
  await expect(probe(await baseWith({ ort: crash('SIGSEGV') }))).rejects.toThrow(
    /^onnxruntime-node .* crashed by SIGSEGV/,
  );
  await expect(probe(await baseWith({ sharp: crash('SIGILL') }))).rejects.toThrow(
    /^sharp .* instructions that this processor does not have/,
  );
});

it('does not take an early end for a result', async () => {
  await expect(probe(await baseWith({ ort: 'process.exit(0);' }))).rejects.toThrow('it ended without a word');
});

it('does not take nonsense for a result', async () => {
  const sharp = 'module.exports = () => ({ raw: () => ({ toBuffer: async () => [10, 20, 31] }) });';
  await expect(probe(await baseWith({ sharp }))).rejects.toThrow('It computes 10,20,31 instead of 10,20,30');
});

const linux: Machine = { platform: 'linux', glibc: '2.17', base: '/x' };
const windows: Machine = { platform: 'win32', glibc: null, base: 'C:\\x' };

function failure(errors: string, more: Partial<ProbeFailure> = {}): ProbeFailure {
  return { part: 'onnxruntime-node', errors, code: 1, signal: null, ...more };
}

it.each<[string, ProbeFailure, Machine, RegExp]>([
  [
    'an old glibc',
    failure("Error: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by /x/libonnxruntime.so.1)"),
    linux,
    /needs glibc 2\.28 or newer, and this machine has 2\.17\. Use a newer system/,
  ],
  [
    'an old C++ library',
    failure("Error: /lib64/libstdc++.so.6: version `GLIBCXX_3.4.26' not found (required by /x/sharp.node)"),
    linux,
    /C\+\+ library is missing or too old: .*GLIBCXX_3\.4\.26.* Install the package libstdc\+\+6/,
  ],
  [
    'no C++ library',
    failure('Error: libstdc++.so.6: cannot open shared object file: No such file or directory'),
    linux,
    /C\+\+ library is missing/,
  ],
  [
    'another missing library',
    failure('Error: libgcc_s.so.1: cannot open shared object file: No such file or directory'),
    linux,
    /libgcc_s\.so\.1 is missing/,
  ],
  [
    'musl',
    failure(
      'Error: Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /x/y.node)',
    ),
    { ...linux, glibc: null },
    /another C library, such as Alpine with musl/,
  ],
  [
    'a disk without code',
    failure('Error: /x/y.node: failed to map segment from shared object: Operation not permitted'),
    linux,
    /does not run code from its folder.*noexec/,
  ],
  [
    'no VC++ runtime',
    failure(
      "Error: The specified module could not be found.\n\\\\?\\C:\\x\\y.node\n  code: 'ERR_DLOPEN_FAILED'",
    ),
    windows,
    /Windows does not load it: The specified module could not be found\. Install the Microsoft Visual C\+\+ Redistributable/,
  ],
  ['a crash on Windows', failure('', { code: 0xc0000005 }), windows, /crashed by an access violation/],
  ['an old processor', failure('', { code: null, signal: 'SIGILL' }), linux, /x86-64-v2/],
  ['an old processor on Windows', failure('', { code: 0xc000001d }), windows, /x86-64-v2/],
  ['little memory', failure('', { code: null, signal: 'SIGKILL' }), linux, /want of memory/],
  ['no answer', failure('', { code: null, signal: 'SIGTERM' }), linux, /did not answer within 60 seconds/],
  ['a crash', failure('', { code: null, signal: 'SIGBUS' }), linux, /crashed by SIGBUS/],
  ['an exit', failure('', { code: 7 }), linux, /it does not: it ended without a word/],
  [
    'anything else',
    failure('a.js:1\n x\n\nTypeError: odd.\n    at x'),
    linux,
    /it does not: odd\. Remove that folder/,
  ],
])('explains %s', (_, given, machine, expected) => {
  const error = explainProbe(given, machine);
  expect(error.kind).toBe('runtime');
  expect(error.message).toMatch(expected);
});
