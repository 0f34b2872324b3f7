import { UserError } from '../errors.ts';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
} from './onnx_pb.ts';

/** Graphs and functions within each other; exporters write two or three. */
const MAX_DEPTH = 32;
/** Nodes with all functions written out; the largest detectors have a few thousand. */
const MAX_NODES = 200_000;
/** They run as often as a number in the model says, and ONNX Runtime cannot be stopped while they do. */
const ENDLESS = new Set(['Loop', 'Scan']);

/** Operators whose result is as large as numbers in the model say, and which input holds them. */
const GROWING: ReadonlyMap<string, number> = new Map([
  ['ConstantOfShape', 0],
  ['Expand', 1],
  ['Tile', 1],
]);
/** Half a gigabyte in float32. */
const MAX_VALUES = 2 ** 27;

const INT64 = 7;

const EXPORT_HINT = 'Export the detector again with the exporter of yolov5 or Ultralytics.';

/**
 * Refuses what a detector never needs, and what would let a model from outside hold up the machine or reach other files:
 * loops, functions that call each other over and over, graphs within graphs, tensors left in other files, tensors that are blown up
 * to a size that stands in the model.
 *
 * @param path for messages.
 * @throws {UserError} on the first of them.
 */
export function refuseUnbounded(path: string, model: ModelProto): void {
  const functions = new Map(model.functions.map((entry) => [nameOf(entry.domain, entry.name), entry]));
  const sizes = new Map<FunctionProto, number | 'open'>();

  const sizeOfNodes = (nodes: readonly NodeProto[], depth: number): number => {
    if (depth > MAX_DEPTH) throw refused(path, `must nest graphs and functions at most ${MAX_DEPTH} deep`);
    let size = 0;
    for (const node of nodes) size += sizeOfNode(node, depth);
    if (size > MAX_NODES) throw refused(path, `must have at most ${MAX_NODES} operators, but it has more`);
    return size;
  };
  const sizeOfNode = (node: NodeProto, depth: number): number => {
    if (ENDLESS.has(node.opType)) {
      throw refused(path, `must run through once, but it has the operator ${node.opType} (${node.name})`);
    }
    const called = functions.get(nameOf(node.domain, node.opType));
    let size = called ? sizeOfFunction(called, depth) : 1;
    for (const attribute of node.attribute) size += sizeOfAttribute(attribute, depth);
    return size;
  };
  const sizeOfFunction = (called: FunctionProto, depth: number): number => {
    const known = sizes.get(called);
    if (known === 'open') throw refused(path, `must end, but its function ${called.name} calls itself`);
    if (known !== undefined) return known;
    sizes.set(called, 'open');
    const size = sizeOfNodes(called.node, depth + 1);
    sizes.set(called, size);
    return size;
  };
  const sizeOfAttribute = ({ t, g, graphs }: AttributeProto, depth: number): number => {
    if (t) refuseExternal(path, t);
    return [...(g ? [g] : []), ...graphs].reduce((size, graph) => size + sizeOfGraph(graph, depth + 1), 0);
  };
  const sizeOfGraph = (graph: GraphProto, depth: number): number => {
    for (const tensor of graph.initializer) refuseExternal(path, tensor);
    refuseGrowing(path, graph);
    return sizeOfNodes(graph.node, depth);
  };

  if (model.graph) sizeOfGraph(model.graph, 0);
}

function nameOf(domain: string, name: string): string {
  return `${domain}:${name}`;
}

function refused(path: string, sentence: string): UserError {
  return new UserError('model', `The model ${path} ${sentence}.`, EXPORT_HINT);
}

/** Shapes that are computed are not seen through: those show only when the model runs. */
function refuseGrowing(path: string, { initializer, node: nodes }: GraphProto): void {
  const stored = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  for (const { opType, output, attribute } of nodes) {
    const value = opType === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined;
    if (value && output[0] !== undefined) stored.set(output[0], value);
  }
  for (const { opType, name, input } of nodes) {
    const place = GROWING.get(opType);
    const sizes = place === undefined ? undefined : stored.get(input[place] ?? '');
    if (!sizes) continue;
    const values = productOf(sizes);
    if (values <= MAX_VALUES) continue;
    throw refused(
      path,
      `must make no tensor of more than ${MAX_VALUES} values, but ${opType} (${name}) asks for ${values}`,
    );
  }
}

/** The product of int64 numbers that are stored as bytes. */
function productOf({ rawData, dataType }: TensorProto): number {
  if (dataType !== INT64 || rawData.length % 8 !== 0) return 0;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  let product = 1;
  for (let at = 0; at < rawData.length; at += 8) product *= Math.abs(Number(view.getBigInt64(at, true)));
  return product;
}

/** Whoever reads a model takes its external data in before; what is left was written so that no reader finds it. */
function refuseExternal(path: string, { name, dataLocation, externalData }: TensorProto): void {
  if (dataLocation !== 1 && externalData.length === 0) return;
  throw new UserError(
    'model',
    `The tensor ${name} in ${path} must hold its values or say in one place which external data file does, but it does neither.`,
    'Save the model again as one file: `onnx.save(onnx.load(PATH), PATH, save_as_external_data=False)`.',
  );
}
