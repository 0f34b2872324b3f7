import { expect, test } from 'vitest';
import { parseModel } from '../../src/onnx/model-file.ts';
import { giveBack } from '../../src/prune/give-back.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import { convModel, floats } from '../helpers/onnx-file.ts';

const A = { name: 'model.0.conv.weight', dims: [4, 1, 1, 1], raw: floats([0.1, -0.2, 3, 4]) };
const B = { name: 'model.1.conv.weight', dims: [2, 1, 1, 1], raw: floats([5, -0.5]) };
const C = { name: 'model.2.conv.weight', dims: [2, 1, 1, 1], raw: floats([1, 2]) };

test('a layer gets all of its values back, the others stay pruned', () => {
  const model = parseModel('best.onnx', convModel([A, B, C]));
  const pruned = pruneModel(model, { method: 'l1', amount: 0.5, exclude: ['model.2.*', 'nothing*'] });
  const back = giveBack(model, pruned, new Set([A.name]));
  const expected = pruneModel(model, { method: 'l1', amount: 0.5, exclude: ['model.0.*', 'model.2.*'] });
  expect(back.bytes).toEqual(expected.bytes);
  expect(back).toMatchObject({
    zeros: 1,
    weights: 8,
    excluded: [A.name, C.name],
    unusedExcludes: ['nothing*'],
  });
  expect(back.layers.map(({ zeros }) => zeros)).toEqual([0, 1, 0]);
});

test('all layers back is the original', () => {
  const model = parseModel('best.onnx', convModel([A, B]));
  const pruned = pruneModel(model, { method: 'l1', amount: 0.5, exclude: [] });
  const back = giveBack(model, pruned, new Set([A.name, B.name]));
  expect(back.changed).toBe(false);
  expect(back.bytes).toEqual(model.bytes);
  expect(giveBack(model, pruned, new Set()).bytes).toEqual(pruned.bytes);
});
