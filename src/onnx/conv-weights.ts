import { UserError } from '../errors.ts';
import type { ModelFile } from './model-file.ts';
import type { GraphProto, NodeProto, TensorProto } from './onnx_pb.ts';
import { type StoredTensor, storedTensor } from './stored-tensor.ts';

/** The weight tensor of one or more Conv nodes, and where its values lie in the file. */
export interface ConvWeight {
  /** Name of the weight tensor, or of the node where the tensor has none. */
  readonly name: string;
  /** Names of the Conv nodes that use it. */
  readonly nodes: readonly string[];
  /** Output channels, input channels a group, kernel height, kernel width. */
  readonly shape: readonly [number, number, number, number];
  readonly group: number;
  readonly tensor: StoredTensor;
  /** The Conv nodes that use it, in the order of `nodes`. */
  readonly uses: readonly ConvUse[];
}

/** One Conv node: what goes through the weight, and how. */
export interface ConvUse {
  /** Name of the tensor that is convolved; `null` inside a subgraph, where it cannot be made an output. */
  readonly input: string | null;
  readonly output: string;
  /** The bias, where it can be changed: a constant that nothing else uses. */
  readonly bias: StoredTensor | null;
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, left, bottom, right; or how ONNX is to choose them. */
  readonly pads: readonly [number, number, number, number] | 'SAME_UPPER' | 'SAME_LOWER';
}

/** What a Conv's weight input may lead to: the tensor itself, or the operator that computes it. */
type Source = { readonly tensor: TensorProto } | { readonly node: NodeProto };

/** Two names of the same operators: the ONNX standard's own. */
const STANDARD_DOMAINS = new Set(['', 'ai.onnx']);

const INT8_OPERATORS = new Set(['ConvInteger', 'QLinearConv', 'DequantizeLinear']);

/**
 * Every 2-D Conv weight of a model in graph order, subgraphs included, each tensor once.
 *
 * The same set as torch's `nn.Conv2d` modules have: no ConvTranspose, no Conv of another rank. Weights may be initializers
 * or `Constant` nodes, reached through `Identity` as well.
 *
 * @throws {UserError} when a weight is int8, computed inside the graph, or kept in a way that cannot be changed in place,
 *   and when the model has no Conv at all.
 */
export function findConvWeights(model: ModelFile): readonly ConvWeight[] {
  const found = new Map<
    TensorProto,
    {
      weight: Omit<ConvWeight, 'nodes' | 'uses'>;
      nodes: string[];
      uses: (Omit<ConvUse, 'bias'> & { readonly biasTensor: TensorProto | null })[];
    }
  >();
  const references = new Map<TensorProto, number>();
  const main = model.proto.graph!;
  visitGraph(main, new Map(), (node, sources, graph) => {
    for (const name of node.input) {
      const source = sources.get(name);
      if (source && 'tensor' in source)
        references.set(source.tensor, (references.get(source.tensor) ?? 0) + 1);
    }
    if (INT8_OPERATORS.has(node.opType) && node.opType !== 'DequantizeLinear') refuseInt8(model, node);
    if (node.opType !== 'Conv' || !STANDARD_DOMAINS.has(node.domain)) return;
    const tensor = resolveWeight(model, node, sources);
    if (tensor.dims.length !== 4) return;
    const known = found.get(tensor);
    const bias = sources.get(node.input[2] ?? '');
    const biasTensor = bias && 'tensor' in bias ? bias.tensor : null;
    const use = { ...convUse(node, graph === main), biasTensor };
    if (known) {
      known.nodes.push(node.name);
      known.uses.push(use);
      return;
    }
    const name = tensor.name || node.name;
    const group = Number(node.attribute.find((attribute) => attribute.name === 'group')?.i ?? 1n);
    const shape = tensor.dims.map(Number) as [number, number, number, number];
    found.set(tensor, {
      weight: { name, shape, group, tensor: storedTensor(model, tensor, name) },
      nodes: [node.name],
      uses: [use],
    });
  });
  if (found.size === 0) {
    throw new UserError(
      'model',
      `${model.path} must hold Conv layers to prune, but it has none.`,
      'Check that this is a YOLO detector.',
    );
  }
  return [...found.values()].map(({ weight, nodes, uses }) => ({
    ...weight,
    nodes,
    uses: uses.map(({ biasTensor, ...use }) => ({
      ...use,
      bias:
        biasTensor && references.get(biasTensor) === 1 ? biasOf(model, biasTensor, weight.shape[0]) : null,
    })),
  }));
}

function biasOf(model: ModelFile, tensor: TensorProto, channels: number): StoredTensor | null {
  try {
    const stored = storedTensor(model, tensor, tensor.name);
    return stored.count === channels ? stored : null;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function convUse(node: NodeProto, inMainGraph: boolean): Omit<ConvUse, 'bias'> {
  const attribute = (name: string) => node.attribute.find((candidate) => candidate.name === name);
  const ints = (name: string, fallback: readonly number[]) => {
    const given = attribute(name)?.ints ?? [];
    return given.length > 0 ? given.map(Number) : fallback;
  };
  const autoPad = new TextDecoder().decode(attribute('auto_pad')?.s);
  return {
    input: inMainGraph ? (node.input[0] ?? null) : null,
    output: node.output[0] ?? '',
    strides: ints('strides', [1, 1]) as [number, number],
    dilations: ints('dilations', [1, 1]) as [number, number],
    pads:
      autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER'
        ? autoPad
        : (ints('pads', [0, 0, 0, 0]) as [number, number, number, number]),
  };
}

function visitGraph(
  graph: GraphProto,
  outer: ReadonlyMap<string, Source>,
  visit: (node: NodeProto, sources: ReadonlyMap<string, Source>, graph: GraphProto) => void,
): void {
  const sources = new Map(outer);
  for (const tensor of graph.initializer) sources.set(tensor.name, { tensor });
  for (const node of graph.node) {
    const constant =
      node.opType === 'Constant' ? node.attribute.find(({ name }) => name === 'value')?.t : undefined;
    for (const output of node.output) sources.set(output, constant ? { tensor: constant } : { node });
  }
  for (const node of graph.node) {
    visit(node, sources, graph);
    for (const attribute of node.attribute) {
      for (const subgraph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs) {
        visitGraph(subgraph, sources, visit);
      }
    }
  }
}

function resolveWeight(model: ModelFile, conv: NodeProto, sources: ReadonlyMap<string, Source>): TensorProto {
  let source = sources.get(conv.input[1] ?? '');
  for (
    let steps = 0;
    source && 'node' in source && source.node.opType === 'Identity' && steps < 64;
    steps++
  ) {
    source = sources.get(source.node.input[0] ?? '');
  }
  if (source && 'tensor' in source) return source.tensor;
  if (source && INT8_OPERATORS.has(source.node.opType)) refuseInt8(model, conv);
  const origin = source ? `computed by a ${source.node.opType} node` : 'an input of the graph';
  throw new UserError(
    'model',
    `The weight of Conv ${conv.name} in ${model.path} must be a constant, but it is ${origin}.`,
    'Export the model again with constant folding, or simplify it with onnxsim.',
  );
}

function refuseInt8(model: ModelFile, node: NodeProto): never {
  throw new UserError(
    'model',
    `${model.path} must have floating point weights, but it is quantized to int8 (${node.opType} ${node.name}).`,
    'Prune the float model first and quantize the pruned one.',
  );
}
