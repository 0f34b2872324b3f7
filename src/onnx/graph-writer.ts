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
    const result = this.#name();
    const attribute = Object.entries(attributes).map(([name, value]) => attributeInit(name, value));
    this.#nodes.push({ opType, input: [...inputs], output: [result], attribute });
    return result;
  }

  /** Adds a list of whole numbers, and returns its name. */
  ints(values: readonly number[]): string {
    const name = this.#name();
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.push({ name, dims: [BigInt(values.length)], dataType: ELEMENT_TYPES.int64, rawData });
    return name;
  }

  #name(): string {
    return `__written_${this.#nextName++}`;
  }

  /** The model's bytes. */
  finish(): Uint8Array {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ version: 17n }],
        graph: {
          node: this.#nodes,
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
