import type { ModelFile } from './model-file.ts';
import type { NodeProto } from './onnx_pb.ts';

/**
 * The first and last Convs of a network, by the names of their results: those that the graph's input reaches without passing another
 * Conv (the stem), and those whose result reaches a graph output without passing another one (the heads' last).
 *
 * @param transparent results of Convs that count as none: the constants of a DFL head, which stands behind the last
 *   learnt ones.
 */
export function firstAndLastConvs(model: ModelFile, transparent: ReadonlySet<string>): ReadonlySet<string> {
  const { node: nodes, input, initializer } = model.proto.graph!;
  const isConv = (node: NodeProto) => node.opType === 'Conv' && !transparent.has(node.output[0] ?? '');
  const found = new Set<string>();

  const weights = new Set(initializer.map(({ name }) => name));
  const fromInput = new Set(input.map(({ name }) => name).filter((name) => !weights.has(name)));
  for (const node of nodes) {
    if (!node.input.some((name) => fromInput.has(name))) continue;
    if (isConv(node)) found.add(node.output[0]!);
    else for (const name of node.output) fromInput.add(name);
  }

  for (const name of lastConvs(model, transparent)) found.add(name);
  return found;
}

/** The Convs whose result reaches a graph output without passing another one, by the names of their results. */
export function lastConvs(model: ModelFile, transparent: ReadonlySet<string>): ReadonlySet<string> {
  const { node: nodes, output } = model.proto.graph!;
  const found = new Set<string>();
  const toOutput = new Set(output.map(({ name }) => name));
  for (const node of nodes.toReversed()) {
    if (!node.output.some((name) => toOutput.has(name))) continue;
    if (node.opType === 'Conv' && !transparent.has(node.output[0]!)) found.add(node.output[0]!);
    else for (const name of node.input) toOutput.add(name);
  }
  return found;
}
