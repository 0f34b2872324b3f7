import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseModel, readModelFile } from '../../src/onnx/model-file.ts';
import { convModel, floats, message } from '../helpers/onnx-file.ts';

const text = (content: string) => new TextEncoder().encode(content);

test.each([
  [
    'a Git LFS pointer',
    text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
    /lfs: true/,
  ],
  ['an empty file', new Uint8Array(), /is empty/],
  ['a checkpoint', text('PK\x03\x04archive'), /zip archive.*Export the model/],
  ['a pickle', Uint8Array.of(0x80, 0x02, 0x7d), /Python pickle.*Export the model/],
  ['a web page', text('\n<!DOCTYPE html><html>'), /web page.*downloads/],
  ['random bytes', Uint8Array.of(255, 255, 255, 255, 255, 7, 1, 2), /do not parse/],
  ['a message without a graph', message([[1, 9]]), /no graph/],
])('%s is refused with what to do', (_, bytes, expected) => {
  expect(() => parseModel('best.onnx', bytes)).toThrow(expected);
});

test('a truncated model is refused', () => {
  const bytes = convModel([{ name: 'w', dims: [1, 1, 1, 1], raw: floats([1]) }]);
  expect(() => parseModel('best.onnx', bytes.subarray(0, bytes.length - 60))).toThrow(
    /do not parse|no graph/,
  );
});

test('a missing file is refused with its path', async () => {
  await expect(readModelFile('no/such.onnx')).rejects.toThrow(/no\/such\.onnx cannot be read/);
});

test('metadata and bytes are those of the file', async () => {
  const bytes = message([
    [7, message([[1, message([[4, 'Conv']])]])],
    [
      14,
      message([
        [1, 'stride'],
        [2, '32'],
      ]),
    ],
  ]);
  const path = join(await mkdtemp(join(tmpdir(), 'model-')), 'best.onnx');
  await writeFile(path, bytes);
  const model = await readModelFile(path);
  expect(model.metadata).toEqual(new Map([['stride', '32']]));
  expect(Buffer.compare(model.bytes, bytes)).toBe(0);
});
