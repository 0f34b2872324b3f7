import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { messageOf, UserError } from '../errors.ts';
import type { HashedFile } from '../files/hashes.ts';
import { refuseUnbounded } from './bounds.ts';
import { frameFault } from './frame.ts';
import { inOneFile } from './one-file.ts';
import { type ModelProto, ModelProtoSchema } from './onnx_pb.ts';

/** Files above this many bytes are looked at before they are read. */
const LARGE = 64 << 20;

/** Enough to tell other formats by. */
const HEAD_BYTES = 256;

/** An ONNX model in memory, whole: its bytes, and the parsed message whose `bytes` fields are views into them. */
export interface ModelFile {
  /** The path as it was given. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly proto: ModelProto;
  /** `metadata_props`, as exporters write `names`, `stride`, `task`, … */
  readonly metadata: ReadonlyMap<string, string>;
  /** The files that the bytes were put together from, the model's own first; none where it is one file with these bytes. */
  readonly parts: readonly HashedFile[];
}

const EXPORT_HINT =
  'Export the model with `python export.py --weights best.pt --include onnx` or `yolo export format=onnx`.';

/**
 * Reads and parses an ONNX model; what it keeps in external data files is taken into its bytes.
 *
 * @throws {UserError} when the file cannot be read, is something else than ONNX (Git LFS pointer, PyTorch checkpoint,
 *   web page, empty), holds no graph, or names external data that is not to be had.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  let own: Uint8Array;
  try {
    own = await readBytes(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      'model',
      `The model ${path} cannot be read: ${messageOf(error)}.`,
      'Check the path and its permissions.',
      {
        cause: error,
      },
    );
  }
  refuseOtherFormats(path, own);
  const { bytes, parts } = await inOneFile(path, own);
  return { ...parseModel(path, bytes), parts };
}

async function readBytes(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size > LARGE) {
    const head = Buffer.alloc(HEAD_BYTES);
    await file.read(head, 0, HEAD_BYTES, 0);
    refuseOtherFormats(path, head);
    const fault = await frameFault(file, size);
    if (fault !== null) throw notOnnx(path, fault);
  }
  const { buffer, byteOffset, length } = await file.readFile();
  // Not a Buffer: its `slice` would share the memory.
  return new Uint8Array(buffer, byteOffset, length);
}

function notOnnx(path: string, fault: string, cause?: unknown): UserError {
  return new UserError(
    'model',
    `${path} must be an ONNX model, but its bytes do not parse as one (${fault}).`,
    `The file may be truncated or of another format: compare its size with the original's. ${EXPORT_HINT}`,
    { cause },
  );
}

/**
 * Parses the bytes of an ONNX model in one file; `path` is used for messages.
 *
 * @throws {UserError} see {@link readModelFile}.
 */
export function parseModel(path: string, bytes: Uint8Array): ModelFile {
  refuseOtherFormats(path, bytes);
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw notOnnx(path, messageOf(error), error);
  }
  if (!proto.graph || proto.graph.node.length === 0) {
    throw new UserError('model', `${path} must be an ONNX model, but it holds no graph.`, EXPORT_HINT);
  }
  refuseUnbounded(path, proto);
  const metadata = new Map(proto.metadataProps.map(({ key, value }) => [key, value]));
  return { path, bytes, proto, metadata, parts: [] };
}

function refuseOtherFormats(path: string, bytes: Uint8Array): void {
  if (bytes.length === 0) {
    throw new UserError('model', `${path} is empty.`, 'Check the step that writes it.');
  }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    'latin1',
  );
  if (head.startsWith('version https://git-lfs')) {
    throw new UserError(
      'model',
      `${path} is a Git LFS pointer, not the model itself.`,
      'Set `lfs: true` in the actions/checkout step, or run `git lfs pull` before this step.',
    );
  }
  // Pickles begin with their protocol: 2 to 5.
  if (head.startsWith('PK\x03\x04') || (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5)) {
    const kind = head.startsWith('PK') ? 'a zip archive (as PyTorch checkpoints are)' : 'a Python pickle';
    throw new UserError('model', `${path} must be an ONNX model, but it is ${kind}.`, EXPORT_HINT);
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(head)) {
    throw new UserError(
      'model',
      `${path} must be an ONNX model, but it is a web page or XML.`,
      `Check the step that downloads ${basename(path)}.`,
    );
  }
}
