import { expect, test } from 'vitest';
import { parseModel } from '../../src/onnx/model-file.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import { convModel, floats } from '../helpers/onnx-file.ts';

const DFL = { name: 'model.22.dfl.conv.weight', dims: [1, 4, 1, 1], raw: floats([0, 1, 2, 3]) };
const A = { name: 'model.0.conv.weight', dims: [4, 1, 1, 1], raw: floats([0.1, -0.2, 3, 4]) };
const B = { name: 'model.1.conv.weight', dims: [2, 1, 1, 1], raw: floats([5, -0.5]) };
const open = (bytes: Uint8Array) => parseModel('best.onnx', bytes);
const HALF = { method: 'l1', amount: 0.5, exclude: [] } as const;

test('every Conv weight by itself; DFL constants are left alone', () => {
  const pruned = pruneModel(open(convModel([A, DFL, B])), HALF);
  expect(pruned.layers.map(({ name, zeros }) => [name, zeros])).toEqual([
    [A.name, 2],
    [B.name, 1],
  ]);
  expect(pruned.excluded).toEqual([DFL.name]);
  expect([pruned.weights, pruned.zeros, pruned.sparsity]).toEqual([6, 3, 0.5]);
});

test('DFL constants are told by their values, not their name', () => {
  const renamed = { ...DFL, name: 'onnx::Conv_99' };
  const learnt = { ...DFL, name: 'some.dfl.conv.weight', raw: floats([0, 1, 2, 3.5]) };
  expect(pruneModel(open(convModel([A, renamed])), HALF).excluded).toEqual(['onnx::Conv_99']);
  expect(pruneModel(open(convModel([A, learnt])), HALF).excluded).toEqual([]);
});

test('only bytes of weights differ, and the original stays as it was', () => {
  const model = open(convModel([A, B]));
  const before = model.bytes.slice();
  const pruned = pruneModel(model, HALF);
  expect(model.bytes).toEqual(before);
  expect(pruned.changed).toBe(true);
  const differing = before.reduce((count, byte, i) => count + (byte === pruned.bytes[i] ? 0 : 1), 0);
  expect(pruned.bytes.length).toBe(before.length);
  expect(differing).toBeGreaterThan(0);
  expect(differing).toBeLessThanOrEqual(3 * 4);
});

test('pruning the result again changes nothing', () => {
  const once = pruneModel(open(convModel([A, DFL, B])), HALF);
  const twice = pruneModel(open(once.bytes), HALF);
  expect(twice.changed).toBe(false);
  expect(twice.bytes).toEqual(once.bytes);
});

test('exclude takes globs over weight and node names; unused ones are told', () => {
  const model = open(convModel([A, B]));
  const excluded = (exclude: readonly string[]) => pruneModel(model, { ...HALF, exclude });
  expect(excluded(['model.0.*']).excluded).toEqual([A.name]);
  expect(excluded(['*conv.1*']).excluded).toEqual([B.name]);
  expect(excluded(['nothing*']).unusedExcludes).toEqual(['nothing*']);
  expect(excluded(['model.0.*']).layers.map(({ zeros }) => zeros)).toEqual([0, 1]);
});
