/** A protobuf message by field number: bytes, text, a packed list, or messages. */
type Field = readonly [number: number, value: Uint8Array | string | number];

/** Writes protobuf by hand, so that tests can put a tensor's values anywhere the format allows. */
export function message(fields: readonly Field[]): Uint8Array {
  return concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number * 8), varint(value)];
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

/** The bytes of numbers as a tensor stores them. */
export function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

interface TensorParts {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType?: number;
  readonly raw?: Uint8Array;
  readonly floatData?: Uint8Array;
  /** Where the values lie in another file; `location`, `offset`, `length`. */
  readonly external?: Readonly<Record<string, string>>;
}

/** TensorProto. */
export function tensor({ name, dims, dataType = 1, raw, floatData, external }: TensorParts): Uint8Array {
  return message([
    ...dims.map((dim): Field => [1, dim]),
    [2, dataType],
    ...(floatData ? [[4, floatData] as Field] : []),
    [8, name],
    ...(raw ? [[9, raw] as Field] : []),
    ...Object.entries(external ?? {}).map(
      ([key, value]): Field => [
        13,
        message([
          [1, key],
          [2, value],
        ]),
      ],
    ),
    ...(external ? [[14, 1] as Field] : []),
  ]);
}

interface NodeParts {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly attributes?: readonly Uint8Array[];
}

/** NodeProto. */
export function node({ op, inputs, outputs, name = '', attributes = [] }: NodeParts): Uint8Array {
  return message([
    ...inputs.map((input): Field => [1, input]),
    ...outputs.map((output): Field => [2, output]),
    [3, name],
    [4, op],
    ...attributes.map((attribute): Field => [5, attribute]),
  ]);
}

/** AttributeProto with a tensor or a graph. */
export function attribute(name: string, value: { tensor: Uint8Array } | { graph: Uint8Array }): Uint8Array {
  return message([[1, name], 'tensor' in value ? [5, value.tensor] : [6, value.graph]]);
}

/** GraphProto. */
export function graph(nodes: readonly Uint8Array[], initializers: readonly Uint8Array[] = []): Uint8Array {
  return message([...nodes.map((item): Field => [1, item]), ...initializers.map((item): Field => [5, item])]);
}

/** ModelProto, with a field that the reader does not know. */
export function model(graphBytes: Uint8Array): Uint8Array {
  return message([
    [1, 9],
    [7, graphBytes],
    [99, 'something that a later version of ONNX adds'],
  ]);
}

/** A model with one 1×1 Conv a tensor. */
export function convModel(tensors: readonly TensorParts[]): Uint8Array {
  const nodes = tensors.map(({ name }, i) =>
    node({ op: 'Conv', inputs: ['x', name], outputs: [`y${i}`], name: `/conv.${i}/Conv` }),
  );
  return model(graph(nodes, tensors.map(tensor)));
}
