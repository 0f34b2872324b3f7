import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import type { HashedFile } from '../files/hashes.ts';
import { isInside } from '../roots.ts';
import type { ExternalValues } from './external-values.ts';

/** The largest message that Protocol Buffers know, and so the largest model in one file. */
export const MAX_BYTES = 2 ** 31 - 1;

/** Exporters write one data file, or one a tensor. */
const MAX_FILES = 10_000;

/** Several tensors may share bytes of a data file, but no model is to become large by that. */
const MAX_REPEATED = 64 << 20;

/** Bytes of one read. */
const CHUNK = 1 << 20;

const LFS_HEAD = 'version https://git-lfs';

/** Where the values of a tensor are to go. */
export interface Place {
  readonly values: ExternalValues;
  readonly into: Uint8Array;
}

/** A data file that is open, and the size that it had. */
interface DataFile {
  readonly path: string;
  /** Where the path leads to. */
  readonly real: string;
  readonly size: number;
  readonly values: readonly ExternalValues[];
}

/**
 * Finds the data files of a model, and holds what its tensors say against them; nothing is read but the status of each.
 *
 * @param model path of the model, whose folder the files must lie in, links followed.
 * @throws {UserError} when one is missing, lies elsewhere, is no regular file or too short, or when there is too much in them.
 */
export async function findDataFiles(
  model: string,
  values: readonly ExternalValues[],
): Promise<readonly DataFile[]> {
  const byLocation = Map.groupBy(values, ({ location }) => location);
  if (byLocation.size > MAX_FILES) {
    throw new UserError(
      'model',
      `${model} must have at most ${MAX_FILES} external data files, but it names ${byLocation.size}.`,
      'Save the model again as one file, or with all its data in one.',
    );
  }
  const folder = await realpath(dirname(model));
  const files: DataFile[] = [];
  for (const [location, of] of byLocation) {
    const path = join(dirname(model), location);
    files.push({ path, ...(await lookAt(model, path, folder, of[0]!)), values: of });
  }
  const there = files.reduce((sum, { size }) => sum + size, 0);
  const declared = values.reduce((sum, { length }) => sum + length, 0);
  if (there > MAX_BYTES) throw tooLarge(model, there);
  if (declared > there + MAX_REPEATED) {
    throw new UserError(
      'model',
      `The external data of ${model} must be in its data files once, but its tensors take ${declared} bytes from files of ${there}.`,
      'Save the model again as one file, or with all its data in one.',
    );
  }
  for (const file of files) await refuseShort(model, file);
  return files;
}

/** What to tell of a model that cannot be one file. */
export function tooLarge(model: string, bytes: number): UserError {
  return new UserError(
    'model',
    `${model} must be smaller than 2 GiB with its external data, as ONNX files and their backups are, but it has ${bytes} bytes.`,
    'Export a smaller model, or its weights as float16.',
  );
}

async function lookAt(
  model: string,
  path: string,
  folder: string,
  { tensor, location }: ExternalValues,
): Promise<Pick<DataFile, 'real' | 'size'>> {
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    throw new UserError(
      'model',
      `The external data of ${tensor} in ${model} must be in ${path}, but this file cannot be found: ${messageOf(error)}.`,
      `Put ${location} beside the model: the step that downloads or caches the one must take the other, too.`,
      { cause: error },
    );
  }
  if (!isInside(real, folder) || relative(folder, real).split(sep).some(isHidden)) {
    throw new UserError(
      'model',
      `The external data of ${tensor} in ${model} must be a file in the model's own folder, not a hidden one, but ${path} leads to ${real}.`,
      'Copy the file itself there, in the place of the link.',
    );
  }
  const found = await stat(real);
  if (found.isFile()) return { real, size: found.size };
  const kind = found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a FIFO' : 'a device or socket';
  throw new UserError(
    'model',
    `The external data of ${tensor} in ${model} must be in a regular file, but ${path} is ${kind}.`,
    'Put the data file itself there.',
  );
}

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

async function refuseShort(model: string, { path, real, size, values }: DataFile): Promise<void> {
  const beyond = values.find(({ offset, length }) => offset + length > size);
  if (!beyond) return;
  const { tensor, offset, length } = beyond;
  if (await isLfsPointer(real)) {
    throw new UserError(
      'model',
      `${path} is a Git LFS pointer, not the external data of ${model}.`,
      'Set `lfs: true` in the actions/checkout step, or run `git lfs pull` before this step.',
    );
  }
  throw new UserError(
    'model',
    `The external data of ${tensor} in ${model} must lie within ${path}, but it takes ${length} bytes from byte ${offset} and the file has ${size}.`,
    'Check that the file is whole and of the same export as the model.',
  );
}

async function isLfsPointer(real: string): Promise<boolean> {
  await using file = await openData(real);
  const head = Buffer.alloc(LFS_HEAD.length);
  await file.read(head, 0, head.length, 0);
  return head.toString('latin1') === LFS_HEAD;
}

/** A FIFO that has taken the file's place since must not hold the run up. */
function openData(real: string): Promise<FileHandle> {
  return open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
}

/**
 * Reads a data file once from its beginning to its end, and copies the tensors' values to their places.
 *
 * @returns its hash, to tell later whether it has changed.
 * @throws {UserError} when it cannot be read, or is not as long as it was.
 */
export async function readDataFile(
  { path, real, size }: DataFile,
  places: readonly Place[],
): Promise<HashedFile> {
  const inOrder = places.toSorted((a, b) => a.values.offset - b.values.offset);
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK);
  let at = 0;
  try {
    await using file = await openData(real);
    const status = await file.stat();
    while (status.isFile()) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, at);
      if (bytesRead === 0 || at + bytesRead > size) break;
      const read = chunk.subarray(0, bytesRead);
      hash.update(read);
      copyTo(inOrder, read, at);
      at += bytesRead;
    }
  } catch (error) {
    throw new UserError(
      'model',
      `The external data file ${path} cannot be read: ${messageOf(error)}.`,
      'Check its permissions, and the disk.',
      { cause: error },
    );
  }
  if (at === size) return { path, sha256: hash.digest('hex') };
  throw new UserError(
    'model',
    `The external data file ${path} must not change while it is read, but it is no longer ${size} bytes long.`,
    'Let the step that writes it finish first, and run this one again.',
  );
}

/** Copies what a chunk holds of each tensor. */
function copyTo(places: readonly Place[], chunk: Uint8Array, at: number): void {
  for (const { values, into } of places) {
    if (values.offset >= at + chunk.length) return;
    const from = Math.max(values.offset, at);
    const to = Math.min(values.offset + values.length, at + chunk.length);
    if (from < to) into.set(chunk.subarray(from - at, to - at), from - values.offset);
  }
}
