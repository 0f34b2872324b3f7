import { expect, test } from 'vitest';
import { openMatrixProduct } from '../../../src/calibrate/matrix-product.ts';
import type { Moments } from '../../../src/calibrate/moments.ts';
import { segmentsOf } from '../../../src/calibrate/sites.ts';
import { findConvWeights } from '../../../src/onnx/conv-weights.ts';
import { parseModel } from '../../../src/onnx/model-file.ts';
import { readValues } from '../../../src/onnx/stored-tensor.ts';
import { giveBack } from '../../../src/prune/give-back.ts';
import { prunableLayers } from '../../../src/prune/prunable-layers.ts';
import { pruneModel } from '../../../src/prune/prune-model.ts';
import { meansOf, shiftedBiases } from '../../../src/prune/reconstruct/bias.ts';
import { solveLayer } from '../../../src/prune/reconstruct/layer-solver.ts';
import { floats, graph, model, node, tensor } from '../../helpers/onnx-file.ts';
import { numbers, ort } from './problems.ts';

const product = await openMatrixProduct(ort, 'float64');
const OUT = 3;
const IN = 8;
const PLACES = 200;

/** A Conv of 1×1 with a bias, perhaps used by another node as well. */
function convModel(biasUsedTwice = false) {
  const weights = tensor({
    name: 'w',
    dims: [OUT, IN, 1, 1],
    raw: floats([...numbers(OUT * IN, 5)]),
  });
  const bias = tensor({ name: 'b', dims: [OUT], raw: floats([0.5, -1, 2]) });
  const nodes = [node({ op: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['y'], name: 'conv' })];
  if (biasUsedTwice) nodes.push(node({ op: 'Add', inputs: ['y', 'b'], outputs: ['z'] }));
  return parseModel('best.onnx', model(graph(nodes, [weights, bias])));
}

/** Columns far from zero on average, and their sums. */
function columnsSeen(): { readonly x: Float64Array; readonly moments: Moments } {
  const x = numbers(PLACES * IN, 9).map((value, i) => value + 2 + (i % IN));
  const products = new Float64Array(IN * IN);
  const sums = new Float64Array(IN);
  for (let p = 0; p < PLACES; p++) {
    for (let i = 0; i < IN; i++) {
      sums[i]! += x[p * IN + i]!;
      for (let j = 0; j < IN; j++) products[i * IN + j]! += x[p * IN + i]! * x[p * IN + j]!;
    }
  }
  return { x, moments: { products, sums, total: PLACES } };
}

async function solved() {
  const file = convModel();
  const layer = prunableLayers(file, []).chosen[0]!;
  const { x, moments } = columnsSeen();
  const means = meansOf(layer, [moments]);
  const segments = segmentsOf(1, IN, 1);
  const problem = {
    shape: layer.shape,
    group: 1,
    values: layer.values,
    segments,
    sources: [moments.products],
    centres: means.map(({ centre }) => centre),
  };
  const values = await solveLayer(problem, { counts: [12] }, product);
  const bare = await solveLayer({ ...problem, centres: [] }, { counts: [12] }, product);
  const biases = shiftedBiases(file, layer, means, segments, values);
  return { file, layer, x, values, bare, biases };
}

/** Mean and mean square of what changes in each output channel. */
function changes(x: Float64Array, original: Float32Array, values: Float32Array, shift: ArrayLike<number>) {
  return Array.from({ length: OUT }, (_, row) => {
    let [mean, square] = [0, 0];
    for (let p = 0; p < PLACES; p++) {
      let change = shift[row]!;
      for (let j = 0; j < IN; j++) {
        change += (values[row * IN + j]! - original[row * IN + j]!) * x[p * IN + j]!;
      }
      mean += change / PLACES;
      square += change ** 2 / PLACES;
    }
    return { mean, square };
  });
}

test('a bias takes up what changes on average, and the weights fit better for it', async () => {
  const { file, layer, x, values, bare, biases } = await solved();
  const [{ tensor: stored, values: after }] = biases as [(typeof biases)[number]];
  const before = readValues(file.bytes, stored);
  expect([...before]).toEqual([0.5, -1, 2]);
  const shift = after.map((value, row) => value - before[row]!);
  const withBias = changes(x, layer.values, values, shift);
  const without = changes(x, layer.values, bare, [0, 0, 0]);
  for (const { mean } of withBias) expect(Math.abs(mean)).toBeLessThan(1e-5);
  const total = (rows: typeof withBias) => rows.reduce((sum, { square }) => sum + square, 0);
  expect(total(withBias)).toBeLessThan(0.95 * total(without));
});

test('a bias that something else uses stays, and the layer is fitted without one', () => {
  const { moments } = columnsSeen();
  const [alone] = findConvWeights(convModel());
  const [shared] = findConvWeights(convModel(true));
  expect(alone!.uses[0]!.bias).toMatchObject({ count: OUT });
  expect(shared!.uses[0]!.bias).toBeNull();
  expect(meansOf(prunableLayers(convModel(true), []).chosen[0]!, [moments])).toEqual([]);
});

test('a layer that gets its weights back gets its bias back', () => {
  const file = convModel();
  const pruned = pruneModel(file, { method: 'l1', amount: 0.5, exclude: [] });
  const { bias } = findConvWeights(file)[0]!.uses[0]!;
  const bytes = pruned.bytes.slice();
  bytes.set(floats([7, 7, 7]), bias!.offset);
  const back = giveBack(file, { ...pruned, bytes }, new Set(['w']));
  expect(back.bytes).toEqual(file.bytes);
});
