import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { UserError } from '../errors.ts';
import { filesOf } from './parts-folder.ts';

/**
 * Packs all files of a folder into a .tar.gz. The bytes depend on the files' names and contents only (and on Node's zlib):
 * entries are sorted, and times, owners and modes are fixed.
 *
 * Format: POSIX.1-1988 ustar.
 */
export async function packFolder(folder: string, archive: string): Promise<void> {
  await pipeline(Readable.from(tarOf(folder)), createGzip({ level: 9 }), createWriteStream(archive));
}

/**
 * Unpacks a .tar.gz into an existing folder, by the system's own `tar`, which writes nothing outside of it.
 *
 * @throws {UserError} when there is no `tar`, or the archive is damaged, holds paths that lead out of the folder, or holds links.
 */
export async function unpackFolder(archive: string, folder: string): Promise<void> {
  // Over standard input, for GNU tar on Windows takes `C:` in a file's name for a host.
  const tar = spawn('tar', ['-xf', '-'], { cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<void>((resolve, reject) => {
    tar.on('error', reject);
    tar.on('close', (code) => (code === 0 ? resolve() : reject(new Error(errors.trim() || `tar: ${code}`))));
  });
  const results = await Promise.allSettled([
    ended,
    pipeline(createReadStream(archive), createGunzip(), tar.stdin),
  ]);
  // A tar that has ended hangs up on the stream to it, also when it is content before the last zeros; its exit says which.
  const failures = results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => reason)
    .filter((reason) => !hungUp(reason));
  if (failures.length === 0) {
    const other = (await readdir(folder, { recursive: true, withFileTypes: true })).find(
      (entry) => !entry.isFile() && !entry.isDirectory(),
    );
    if (other === undefined) return;
    throw refusal(archive, `it holds ${other.name}, which is neither a file nor a folder`);
  }
  // A damaged gzip stream makes tar complain too.
  const cause = failures.find(({ code }) => code?.startsWith('Z_')) ?? failures[0];
  if (cause.syscall?.startsWith('spawn')) {
    throw new UserError(
      'input',
      `runtime-path is the archive ${archive}, but this machine has no \`tar\` to unpack it.`,
      'Unpack it beforehand and name the folder.',
      { cause },
    );
  }
  throw refusal(archive, `it cannot be unpacked: ${cause.message.split('\n', 1)[0]}`, cause);
}

function refusal(archive: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    'input',
    `runtime-path must be a .tar.gz made by \`npm run runtime:pack\`, but ${archive} is none: ${reason}.`,
    'Copy or make the archive again.',
    { cause },
  );
}

function hungUp({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

const BLOCK = 512;

async function* tarOf(folder: string): AsyncGenerator<Buffer> {
  for (const path of await filesOf(folder)) {
    const content = await readFile(join(folder, path));
    yield header(path, content.length);
    yield content;
    yield Buffer.alloc(-content.length & (BLOCK - 1));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header(path: string, bytes: number): Buffer {
  const { prefix, name } = splitPath(path);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  const fields: readonly (readonly [offset: number, text: string])[] = [
    [0, name],
    [100, octal(0o644, 7)],
    [108, octal(0, 7)],
    [116, octal(0, 7)],
    [124, octal(bytes, 11)],
    [136, octal(0, 11)],
    [148, ' '.repeat(8)],
    [156, '0'],
    [257, 'ustar\u000000'],
    [345, prefix],
  ];
  for (const [offset, text] of fields) block.write(text, offset);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${octal(checksum, 6)} `, 148);
  return block;
}

/** A name has room for 100 bytes, and the folders before it for 155. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - 101);
  const split = { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
  if (slash < 1 || Buffer.byteLength(split.prefix) > 155 || Buffer.byteLength(split.name) > 100) {
    throw new Error(`${path} is too long for a tar archive.`);
  }
  return split;
}
