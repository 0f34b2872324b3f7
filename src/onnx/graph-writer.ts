import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type ValueInfoProtoSchema,
} from './onnx_pb.ts';

type GraphInit = MessageInitShape<typeof GraphProtoSchema>;
type NodeInit = NonNullable<GraphInit['node']>[number];
type TensorInit = NonNullable<GraphInit['initializer']>[number];

/** What an attribute of a new node may be: text, a whole number, or a list of them. */
type AttributeValue = string | number | readonly number[];

/** Element types of tensors, by ONNX's numbers (TensorProto.DataType). */
export const ELEMENT_TYPES = { float32: 1, int64: 7, float64: 11 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A tensor's name and shape; text stands for a dimension that is open. */
export interface NamedShape {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

/** Writes an ONNX model node by node. */
export class GraphWriter {
  readonly #nodes: NodeInit[] = [];
  readonly #initializers: TensorInit[] = [];
  readonly #inputs: MessageInitShape<typeof ValueInfoProtoSchema>[] = [];
  readonly #outputs: { name: string }[] = [];
  #nextName = 0;

  input({ name, dims }: NamedShape, type: ElementType = 'float32'): string {
    const shape = {
      dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: BigInt(dim) })),
    };
    this.#inputs.push({ name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape } } });
    return name;
  }

  output(name: string): void {
    this.#outputs.push({ name });
  }

  /** Takes a node of another model over. */
  copy(node: NodeInit): void {
    this.#nodes.push(node);
  }

  /** Takes a constant of another model over. */
  copyInitializer(tensor: TensorInit): void {
    this.#initializers.push(tensor);
  }

  /** Adds a node with one result, and returns the result's name. */
  add(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.addMany(opType, inputs, attributes, 1)[0]!;
  }

  /** Adds a node with several results. */
  addMany(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    results: number,
  ): readonly string[] {
    const output = Array.from({ length: results }, () => this.#name());
    const attribute = Object.entries(attributes).map(([name, value]) => attributeInit(name, value));
    this.#nodes.push({ opType, input: [...inputs], output, attribute });
    return output;
  }

  ints(values: readonly number[]): string {
    return this.#constant('int64', values.length, BigInt64Array.from(values, BigInt));
  }

  float(value: number): string {
    const name = this.#name();
    const rawData = new Uint8Array(Float32Array.of(value).buffer);
    this.#initializers.push({ name, dims: [], dataType: ELEMENT_TYPES.float32, rawData });
    return name;
  }

  #needed(): NodeInit[] {
    const wanted = new Set(this.#outputs.map(({ name }) => name));
    const needed: NodeInit[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.output?.some((name) => wanted.has(name))) continue;
      needed.push(node);
      for (const name of node.input ?? []) wanted.add(name);
    }
    return needed.reverse();
  }

  #constant(type: ElementType, length: number, values: ArrayBufferView): string {
    const name = this.#name();
    const rawData = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    this.#initializers.push({ name, dims: [BigInt(length)], dataType: ELEMENT_TYPES[type], rawData });
    return name;
  }

  #name(): string {
    return `__written_${this.#nextName++}`;
  }

  /** The model's bytes, without nodes that no output needs. */
  finish(opset = 17): Uint8Array {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ version: BigInt(opset) }],
        graph: {
          node: this.#needed(),
          initializer: this.#initializers,
          input: this.#inputs,
          output: this.#outputs,
        },
      }),
    );
  }
}

const [STRING, INT, INTS] = [3, 2, 7];

function attributeInit(name: string, value: AttributeValue): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'string') return { name, type: STRING, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: INT, i: BigInt(value) };
  return { name, type: INTS, ints: value.map(BigInt) };
}
