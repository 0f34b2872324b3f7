import { UserError } from '../errors.ts';
import { bfloat16ToFloat, floatToBfloat16 } from './bfloat16.ts';
import type { ModelFile } from './model-file.ts';
import type { TensorProto } from './onnx_pb.ts';

/** Number formats of weights, by their `TensorProto.DataType`. */
type Format = 'float32' | 'float16' | 'bfloat16';
const FORMATS: ReadonlyMap<number, Format> = new Map([
  [1, 'float32'],
  [10, 'float16'],
  [16, 'bfloat16'],
]);

/** A tensor's values as they lie in the file: one number after the other, little-endian. */
export interface StoredTensor {
  readonly format: Format;
  readonly count: number;
  /** Where the first value begins in the file. */
  readonly offset: number;
}

/** Bytes of one number in the file. */
function bytesPerValue(format: Format): number {
  return format === 'float32' ? 4 : 2;
}

/**
 * Locates a tensor's values in the model's bytes, whether they are in `raw_data` or in `float_data`.
 *
 * @throws {UserError} for other number formats, 16-bit floats in `int32_data`, and sizes that do not fit the dims.
 */
export function storedTensor(model: ModelFile, tensor: TensorProto, name: string): StoredTensor {
  const format = FORMATS.get(tensor.dataType);
  if (!format) {
    throw new UserError(
      'model',
      `The weight ${name} in ${model.path} must be float32, float16 or bfloat16, but its ONNX data type is ${tensor.dataType}.`,
      tensor.dataType === 2 || tensor.dataType === 3
        ? 'Prune the float model first and quantize the pruned one.'
        : 'Export the model as float32.',
    );
  }
  const count = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
  const bytes = tensor.rawData.length > 0 || format !== 'float32' ? tensor.rawData : tensor.floatData;
  if (bytes.length !== count * bytesPerValue(format)) {
    throw new UserError(
      'model',
      `The weight ${name} in ${model.path} must hold ${count} ${format} values (${tensor.dims.join('×')}), but it has ${bytes.length} bytes of data.`,
      'The file is damaged or was written in an unusual way: export the model again.',
    );
  }
  return { format, count, offset: bytes.byteOffset - model.bytes.byteOffset };
}

/** The values of a tensor as float32, exactly, in an array of their own. */
export function readValues(bytes: Uint8Array, { format, count, offset }: StoredTensor): Float32Array {
  const values = new Float32Array(count);
  if (format === 'float32') {
    new Uint8Array(values.buffer).set(bytes.subarray(offset, offset + count * 4));
    return values;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * 2);
  for (let i = 0; i < count; i++) {
    values[i] =
      format === 'float16' ? view.getFloat16(i * 2, true) : bfloat16ToFloat(view.getUint16(i * 2, true));
  }
  return values;
}

/** Puts float32 values in the place of a tensor's; 16-bit formats round to nearest, ties to even. */
export function writeValues(
  bytes: Uint8Array,
  { format, count, offset }: StoredTensor,
  values: Float32Array,
): void {
  if (format === 'float32') {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, count * 4), offset);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * 2);
  for (let i = 0; i < count; i++) {
    if (format === 'float16') view.setFloat16(i * 2, values[i]!, true);
    else view.setUint16(i * 2, floatToBfloat16(values[i]!), true);
  }
}
