import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from './onnx_pb.ts';

/**
 * A copy of a model that gives more of its tensors as outputs.
 *
 * Nothing is serialized again: a message field that stands in the bytes twice is merged, lists being joined (Protocol
 * Buffers encoding, "Last One Wins"), so a second `graph` that holds the new outputs is appended. ONNX Runtime needs
 * their names only and infers types and shapes.
 *
 * @param names tensors of the main graph that are no outputs yet.
 */
export function withExtraOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const extra = create(ModelProtoSchema, { graph: { output: names.map((name) => ({ name })) } });
  const appended = toBinary(ModelProtoSchema, extra);
  const copy = new Uint8Array(bytes.length + appended.length);
  copy.set(bytes);
  copy.set(appended, bytes.length);
  return copy;
}
