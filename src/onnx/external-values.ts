import { posix, win32 } from 'node:path';
import { UserError } from '../errors.ts';
import type { TensorProto } from './onnx_pb.ts';

/** Values of a tensor that lie in another file than the model. */
export interface ExternalValues {
  readonly tensor: string;
  /** Path of the data file from the model's folder, without `.` and `..`. */
  readonly location: string;
  /** Byte of the data file where they begin. */
  readonly offset: number;
  /** Bytes that they take. */
  readonly length: number;
}

/** Bits of one value by `TensorProto.DataType`; texts have no fixed size and are never kept in another file. */
const BITS: Readonly<Record<number, number>> = {
  ...{ 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64 },
  ...{ 15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2 },
};

/** Characters of a path from the model's folder; exporters write one name. */
const LONGEST = 1000;

const ONE_FILE_HINT =
  'Save the model again as one file: `onnx.save(onnx.load(PATH), PATH, save_as_external_data=False)`.';

/**
 * Where a tensor says that its values lie.
 *
 * Format: https://onnx.ai/onnx/repo-docs/ExternalData.html. A length may be left out; a checksum is not looked at.
 *
 * @param path of the model, for messages.
 * @throws {UserError} when it names no file, one outside of the model's folder, or a place that does not fit its shape.
 */
export function externalValues(
  path: string,
  { name, dims, dataType, externalData }: TensorProto,
): ExternalValues {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const wholeNumber = (key: string, fallback: number): number => {
    const text = entries.get(key) ?? String(fallback);
    if (/^\d+$/.test(text)) return Number(text);
    throw new UserError(
      'model',
      `The ${key} of the external data of ${name} in ${path} must be a whole number from 0, but it is ${text}.`,
      ONE_FILE_HINT,
    );
  };
  const location = locationOf(path, name, entries.get('location') ?? '');
  const count = dims.reduce((product, dim) => product * Number(dim), 1);
  const needed = Math.ceil((count * (BITS[dataType] ?? Number.NaN)) / 8);
  const length = wholeNumber('length', needed);
  if (length !== needed || dims.some((dim) => dim < 0n)) {
    throw new UserError(
      'model',
      `The external data of ${name} in ${path} must fit its shape (${dims.join('×')} of ONNX data type ${dataType}), but it has ${length} bytes.`,
      ONE_FILE_HINT,
    );
  }
  return { tensor: name, location, offset: wholeNumber('offset', 0), length };
}

/**
 * Hidden files are never a model's data, but what a repository is signed in with: copied into a model, they would be in the backup
 * and in what is uploaded.
 */
function locationOf(path: string, name: string, location: string): string {
  const parts = location.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const isPlain =
    parts.length > 0 &&
    location.length <= LONGEST &&
    !location.includes('\0') &&
    parts.every((part) => !part.startsWith('.'));
  if (isPlain && !posix.isAbsolute(location) && !win32.isAbsolute(location)) return posix.normalize(location);
  throw new UserError(
    'model',
    `The external data of ${name} in ${path} must be a file in the model's own folder, not a hidden one, but it is ${location.slice(0, LONGEST) || 'nowhere'}.`,
    ONE_FILE_HINT,
  );
}
