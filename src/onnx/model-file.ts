import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { messageOf, UserError } from '../errors.ts';
import { refuseUnbounded } from './bounds.ts';
import { type ModelProto, ModelProtoSchema } from './onnx_pb.ts';

/** An ONNX file in memory: its bytes, and the parsed message whose `bytes` fields are views into them. */
export interface ModelFile {
  /** The path as it was given. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly proto: ModelProto;
  /** `metadata_props`, as exporters write `names`, `stride`, `task`, … */
  readonly metadata: ReadonlyMap<string, string>;
}

const EXPORT_HINT =
  'Export the model with `python export.py --weights best.pt --include onnx` or `yolo export format=onnx`.';

/**
 * Reads and parses an ONNX file.
 *
 * @throws {UserError} when the file cannot be read, is something else than ONNX (Git LFS pointer, PyTorch checkpoint,
 *   web page, empty), or holds no graph.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  let bytes: Uint8Array;
  try {
    const { buffer, byteOffset, length } = await readFile(path);
    // Not a Buffer: its `slice` would share the memory.
    bytes = new Uint8Array(buffer, byteOffset, length);
  } catch (error) {
    throw new UserError(
      'model',
      `The model ${path} cannot be read: ${messageOf(error)}.`,
      'Check the path and its permissions.',
      {
        cause: error,
      },
    );
  }
  return parseModel(path, bytes);
}

/**
 * Parses the bytes of an ONNX file; `path` is used for messages.
 *
 * @throws {UserError} see {@link readModelFile}.
 */
export function parseModel(path: string, bytes: Uint8Array): ModelFile {
  refuseOtherFormats(path, bytes);
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new UserError(
      'model',
      `${path} must be an ONNX model, but its bytes do not parse as one (${messageOf(error)}).`,
      `The file may be truncated or of another format: compare its size with the original's. ${EXPORT_HINT}`,
      { cause: error },
    );
  }
  if (!proto.graph || proto.graph.node.length === 0) {
    throw new UserError('model', `${path} must be an ONNX model, but it holds no graph.`, EXPORT_HINT);
  }
  refuseUnbounded(path, proto);
  const metadata = new Map(proto.metadataProps.map(({ key, value }) => [key, value]));
  return { path, bytes, proto, metadata };
}

function refuseOtherFormats(path: string, bytes: Uint8Array): void {
  if (bytes.length === 0) {
    throw new UserError('model', `${path} is empty.`, 'Check the step that writes it.');
  }
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1');
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
