import { describe, expect, test } from 'vitest';
import { findConvWeights } from '../../src/onnx/conv-weights.ts';
import { parseModel } from '../../src/onnx/model-file.ts';
import { readValues, writeValues } from '../../src/onnx/stored-tensor.ts';
import {
  attribute,
  concat,
  convModel,
  floats,
  graph,
  message,
  model,
  node,
  tensor,
} from '../helpers/onnx-file.ts';

const find = (bytes: Uint8Array) => findConvWeights(parseModel('best.onnx', bytes));
const weight = (name: string) => tensor({ name, dims: [2, 1, 1, 1], raw: floats([1, -2]) });

describe('where weights may be', () => {
  test('initializers, in graph order, each once', () => {
    const conv = (name: string, w: string) => node({ op: 'Conv', inputs: ['x', w], outputs: [name], name });
    const bytes = model(
      graph([conv('b', 'w2'), conv('a', 'w1'), conv('c', 'w2')], [weight('w1'), weight('w2')]),
    );
    expect(find(bytes).map(({ name, nodes }) => [name, nodes])).toEqual([
      ['w2', ['b', 'c']],
      ['w1', ['a']],
    ]);
  });

  test('a Constant node, also behind Identity', () => {
    const constant = node({
      op: 'Constant',
      inputs: [],
      outputs: ['k'],
      attributes: [
        attribute('value', { tensor: tensor({ name: '', dims: [2, 1, 1, 1], raw: floats([3, 4]) }) }),
      ],
    });
    const identity = node({ op: 'Identity', inputs: ['k'], outputs: ['i'] });
    const conv = node({ op: 'Conv', inputs: ['x', 'i'], outputs: ['y'], name: 'conv' });
    expect(find(model(graph([constant, identity, conv]))).map(({ name }) => name)).toEqual(['conv']);
  });

  test('a subgraph, with weights of the graph around it', () => {
    const inner = graph([node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], name: 'inner' })]);
    const branch = node({
      op: 'If',
      inputs: ['c'],
      outputs: ['z'],
      attributes: [attribute('then_branch', { graph: inner })],
    });
    expect(find(model(graph([branch], [weight('w')])))[0]?.nodes).toEqual(['inner']);
  });

  test('operators of the standard under its full name, and not those of others', () => {
    const [conv, other] = ['ai.onnx', 'com.example'].map((domain) =>
      concat([
        node({ op: 'Conv', inputs: ['x', 'w'], outputs: [domain], name: domain }),
        message([[7, domain]]),
      ]),
    );
    expect(find(model(graph([conv!, other!], [weight('w')])))[0]?.nodes).toEqual(['ai.onnx']);
  });

  test('not ConvTranspose, and not a Conv of another rank', () => {
    const transpose = node({ op: 'ConvTranspose', inputs: ['x', 'w'], outputs: ['y'] });
    const conv1d = node({ op: 'Conv', inputs: ['x', 'v'], outputs: ['z'] });
    const v = tensor({ name: 'v', dims: [2, 1, 1], raw: floats([1, 2]) });
    expect(() => find(model(graph([transpose, conv1d], [weight('w'), v])))).toThrow(/it has none/);
  });
});

describe('what is refused', () => {
  test('int8 weights', () => {
    const dequantize = node({ op: 'DequantizeLinear', inputs: ['q', 's'], outputs: ['w'], name: 'dq' });
    const conv = node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], name: 'conv' });
    expect(() => find(model(graph([dequantize, conv])))).toThrow(/int8.*Prune the float model first/);
    const integer = node({ op: 'ConvInteger', inputs: ['x', 'w'], outputs: ['y'], name: 'ci' });
    expect(() => find(model(graph([integer])))).toThrow(/ConvInteger ci/);
    const linear = node({ op: 'QLinearConv', inputs: ['x', 's', 'z', 'w'], outputs: ['y'], name: 'qc' });
    expect(() => find(model(graph([linear])))).toThrow(/int8 \(QLinearConv qc\)/);
    // Rounded to int8 and back while it was trained, with weights in float32.
    const quantize = node({ op: 'QuantizeLinear', inputs: ['f', 's'], outputs: ['q'] });
    expect(() => find(model(graph([quantize, dequantize, conv], [weight('f')])))).toThrow(
      /int8 \(Conv conv\)/,
    );
  });

  test('weights that are computed or come from outside', () => {
    const conv = node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], name: 'conv' });
    const mul = node({ op: 'Mul', inputs: ['a', 'b'], outputs: ['w'] });
    expect(() => find(model(graph([mul, conv])))).toThrow(/computed by a Mul node/);
    expect(() => find(model(graph([conv])))).toThrow(/an input of the graph/);
  });

  test('external data, other types, sizes that do not fit', () => {
    expect(() => find(convModel([{ name: 'w', dims: [2, 1, 1, 1], external: {} }]))).toThrow(
      /must hold its values or say/,
    );
    expect(() => find(convModel([{ name: 'w', dims: [2, 1, 1, 1], dataType: 11 }]))).toThrow(
      /data type is 11/,
    );
    expect(() => find(convModel([{ name: 'w', dims: [3, 1, 1, 1], raw: floats([1, 2]) }]))).toThrow(
      /3 float32 values.*8 bytes/,
    );
  });
});

describe('values', () => {
  const halves = (values: readonly number[]) => new Uint8Array(Float16Array.from(values).buffer);
  const bfloats = Uint8Array.of(0x80, 0x3f, 0x00, 0xc0);
  const kinds = [
    ['float32 raw', { dataType: 1, raw: floats([1, -2]) }],
    ['float32 typed', { dataType: 1, floatData: floats([1, -2]) }],
    ['float16 raw', { dataType: 10, raw: halves([1, -2]) }],
    ['bfloat16 raw', { dataType: 16, raw: bfloats }],
  ] as const;

  test.each(kinds)('%s: read, change and read again; nothing else of the file moves', (_, storage) => {
    const bytes = convModel([{ name: 'w', dims: [2, 1, 1, 1], ...storage }]);
    const [conv] = find(bytes);
    expect([...readValues(bytes, conv!.tensor)]).toEqual([1, -2]);
    const changed = bytes.slice();
    writeValues(changed, conv!.tensor, Float32Array.of(0.5, -0));
    expect([...readValues(changed, conv!.tensor)]).toEqual([0.5, -0]);
    const size = storage.dataType === 1 ? 8 : 4;
    const { offset } = conv!.tensor;
    expect(changed.subarray(0, offset)).toEqual(bytes.subarray(0, offset));
    expect(changed.subarray(offset + size)).toEqual(bytes.subarray(offset + size));
  });

  test('bfloat16 rounds to nearest, ties to even', () => {
    const bytes = convModel([{ name: 'w', dims: [2, 1, 1, 1], dataType: 16, raw: bfloats }]);
    const [conv] = find(bytes);
    writeValues(bytes, conv!.tensor, Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8));
    expect([...readValues(bytes, conv!.tensor)]).toEqual([1, 1 + 2 ** -6]);
  });
});
