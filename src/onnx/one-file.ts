import { fromBinary } from '@bufbuild/protobuf';
import { type HashedFile, sha256 } from '../files/hashes.ts';
import { findDataFiles, MAX_BYTES, type Place, readDataFile, tooLarge } from './data-files.ts';
import { type ExternalValues, externalValues } from './external-values.ts';
import { type TensorProto, TensorProtoSchema } from './onnx_pb.ts';
import { delimitedHead, fieldAt, type WireField } from './wire.ts';

/** Messages of the ONNX format on the way to a tensor. */
type Kind = 'model' | 'training' | 'graph' | 'function' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Which fields of a message hold messages on that way; numbers of the ONNX standard (onnx.proto3). */
const CHILDREN: Readonly<Record<Exclude<Kind, 'tensor'>, Readonly<Record<number, Kind>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

/** Fields of a tensor. */
const [RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [9, 13, 14];
/** `data_location` of a tensor whose values lie in another file. */
const EXTERNAL = 1;

/** Messages within each other that are followed; the parser refuses a model with more. */
const MAX_DEPTH = 100;

/** What a message is written from: its own bytes, and values that lie in other files. */
type Piece = Uint8Array | ExternalValues;

/** A message as it stands when the values lie in it. */
interface Whole {
  readonly pieces: readonly Piece[];
  readonly length: number;
}

/** A model whose values all lie in its own bytes. */
export interface OneFile {
  readonly bytes: Uint8Array;
  /** The files that it was put together from, the model's own first; none where it was one file. */
  readonly parts: readonly HashedFile[];
}

/**
 * Takes the values that tensors keep in external data files into the model itself, as `raw_data`: everything else, fields that this
 * project does not know too, stays byte for byte. A model without such values is given back as it is.
 *
 * @param path of the model; the data files lie in its folder.
 * @throws {UserError} when a tensor does not say properly where its values are, when they cannot be read from there, or when
 *   all together is larger than a model can be.
 */
export async function inOneFile(path: string, own: Uint8Array): Promise<OneFile> {
  const whole = wholeMessage(path, own, 'model', 0);
  if (whole === null) return { bytes: own, parts: [] };
  const { pieces, length } = whole;
  const files = await findDataFiles(path, pieces.filter(isExternal));
  if (length > MAX_BYTES) throw tooLarge(path, length);
  const bytes = new Uint8Array(length);
  const places = new Map<ExternalValues, Place>();
  let at = 0;
  for (const piece of pieces) {
    if (isExternal(piece)) places.set(piece, { values: piece, into: bytes.subarray(at, at + piece.length) });
    else bytes.set(piece, at);
    at += piece.length;
  }
  const parts = [{ path, sha256: sha256(own) }];
  for (const file of files) {
    const its = file.values.map((values) => places.get(values)!);
    parts.push(await readDataFile(file, its));
  }
  return { bytes, parts };
}

function wholeMessage(path: string, bytes: Uint8Array, kind: Kind, depth: number): Whole | null {
  if (kind === 'tensor') return wholeTensor(path, bytes);
  const pieces: Piece[] = [];
  let kept = 0;
  for (const { number, isDelimited, content, start, end } of fieldsOf(bytes)) {
    const child = isDelimited ? CHILDREN[kind][number] : undefined;
    if (child === undefined || depth === MAX_DEPTH) continue;
    const whole = wholeMessage(path, bytes.subarray(content, end), child, depth + 1);
    if (whole === null) continue;
    pieces.push(bytes.subarray(kept, start), delimitedHead(number, whole.length));
    for (const piece of whole.pieces) pieces.push(piece);
    kept = end;
  }
  if (pieces.length === 0) return null;
  pieces.push(bytes.subarray(kept));
  return { pieces, length: lengthOf(pieces) };
}

function wholeTensor(path: string, bytes: Uint8Array): Whole | null {
  if (!hasField(bytes, DATA_LOCATION)) return null;
  const tensor = parsed(bytes);
  if (tensor?.dataLocation !== EXTERNAL) return null;
  const values = externalValues(path, tensor);
  const pieces: Piece[] = [];
  let isPlaced = false;
  let kept = 0;
  for (const { number, start, end } of fieldsOf(bytes)) {
    // Fields are in the order of their numbers, as all writers have them: the same model has the same bytes.
    if (number >= RAW_DATA && !isPlaced) {
      pieces.push(bytes.subarray(kept, start), delimitedHead(RAW_DATA, values.length), values);
      kept = start;
      isPlaced = true;
    }
    if (number !== RAW_DATA && number !== EXTERNAL_DATA && number !== DATA_LOCATION) continue;
    if (start > kept) pieces.push(bytes.subarray(kept, start));
    kept = end;
  }
  pieces.push(bytes.subarray(kept));
  return { pieces, length: lengthOf(pieces) };
}

function hasField(bytes: Uint8Array, wanted: number): boolean {
  for (const { number } of fieldsOf(bytes)) if (number === wanted) return true;
  return false;
}

/** `null` for what is no tensor: the parser of the model says so, too. */
function parsed(bytes: Uint8Array): TensorProto | null {
  try {
    return fromBinary(TensorProtoSchema, bytes, { readUnknownFields: false });
  } catch {
    return null;
  }
}

/** All fields in order, up to where the bytes are no message any more. */
function* fieldsOf(bytes: Uint8Array): Generator<WireField & { readonly start: number }> {
  for (let at = 0; at < bytes.length; ) {
    const field = fieldAt(bytes, at);
    if (field === null || field.end > bytes.length) return;
    yield { ...field, start: at };
    at = field.end;
  }
}

function isExternal(piece: Piece): piece is ExternalValues {
  return !(piece instanceof Uint8Array);
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
