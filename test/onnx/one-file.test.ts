import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/files/hashes.ts';
import { findConvWeights } from '../../src/onnx/conv-weights.ts';
import { findDataFiles, readDataFile } from '../../src/onnx/data-files.ts';
import { readModelFile } from '../../src/onnx/model-file.ts';
import { readValues } from '../../src/onnx/stored-tensor.ts';
import { attribute, concat, floats, graph, message, node, tensor } from '../helpers/onnx-file.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

describe('models as ONNX saves them', () => {
  test.for([
    ['one-data-file', 'yolov5'],
    ['large-tensors', 'yolov5'],
    ['constants', 'anchor-free-constants'],
    ['file-a-tensor', 'anchor-free-constants'],
  ] as const)('%s is %s, byte for byte', async ([folder, whole]) => {
    const path = join(FIXTURES, 'external', folder, 'best.onnx');
    const { bytes, parts } = await readModelFile(path);
    expect(sha256(bytes)).toBe(sha256(readFileSync(join(FIXTURES, 'models', `${whole}.onnx`))));
    const names = readdirSync(join(FIXTURES, 'external', folder));
    expect(parts[0]!.path).toBe(path);
    expect(parts.map((part) => part.path).sort()).toEqual(
      names.map((name) => join(FIXTURES, 'external', folder, name)).sort(),
    );
    for (const part of parts) expect(part.sha256).toBe(sha256(readFileSync(part.path)));
  });

  test('a model in one file is read as it is, and has no parts', async () => {
    const path = join(FIXTURES, 'models', 'yolov5.onnx');
    const { bytes, parts } = await readModelFile(path);
    expect([sha256(bytes), parts]).toEqual([sha256(readFileSync(path)), []]);
  });
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'external-')));
  path = join(folder, 'best.onnx');
});

const W = { name: 'w', dims: [2, 1, 1, 1] };
const CONV = node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'], name: 'conv' });
const modelOf = (graphBytes: Uint8Array, ...more: readonly Uint8Array[]) =>
  message([[1, 9], [7, graphBytes], ...more.map((entry) => [25, entry] as const)]);
const at = (location: string, offset?: number | string, length?: number | string) => ({
  location,
  ...(offset !== undefined && { offset: String(offset) }),
  ...(length !== undefined && { length: String(length) }),
});
/** A model with one Conv, whose weight has its values elsewhere. */
const write = (external: Readonly<Record<string, string>>, parts: object = {}) =>
  writeFileSync(path, modelOf(graph([CONV], [tensor({ ...W, external, ...parts })])));
const data = (name: string, content: Uint8Array | string) => writeFileSync(join(folder, name), content);

/** The weights of the one Conv, as they are read. */
async function weights(): Promise<readonly number[]> {
  const model = await readModelFile(path);
  return [...readValues(model.bytes, findConvWeights(model)[0]!.tensor)];
}

describe('where values may be', () => {
  const values = floats([1, -2]);
  test.for([
    ['in a file of their own', () => data('w.bin', values), at('w.bin')],
    [
      'behind others, and before what belongs to nobody',
      () => data('w.bin', concat([new Uint8Array(4096), values, new Uint8Array(5000)])),
      at('w.bin', 4096, 8),
    ],
    ['without a length', () => data('w.bin', concat([Uint8Array.of(9), values])), at('w.bin', 1)],
    [
      'in a folder below',
      () => {
        mkdirSync(join(folder, 'data'));
        data('data/w.bin', values);
      },
      at('./data//w.bin'),
    ],
    [
      'behind a link within the folder',
      () => {
        data('w.bin', values);
        symlinkSync('w.bin', join(folder, 'link.bin'));
      },
      at('link.bin'),
    ],
    [
      'across two reads',
      () => data('w.bin', concat([new Uint8Array((1 << 20) - 3), values])),
      at('w.bin', (1 << 20) - 3),
    ],
  ] as const)('%s', async ([, make, external]) => {
    make();
    write(external);
    expect(await weights()).toEqual([1, -2]);
  });

  test('anywhere a tensor can be, and everything else stays byte for byte', async () => {
    const kinds = [
      'initializer',
      'constant',
      'list',
      'inner',
      'sparse',
      'one',
      'many',
      'function',
      'default',
      'training',
    ];
    data('all.bin', floats(kinds.map((_, i) => i + 1)));
    const build = (external: boolean) => {
      const held = (name: string) => {
        const i = kinds.indexOf(name);
        const parts = { name, dims: [1], dataType: 1 };
        const whole = external
          ? tensor({ ...parts, external: at('all.bin', i * 4, 4) })
          : tensor({ ...parts, raw: floats([i + 1]) });
        return concat([whole, message([[16, 'metadata']])]);
      };
      const unknown = [99, 'of a later version'] as const;
      const op = (name: string, value: Uint8Array) =>
        node({ op: name, inputs: [], outputs: [name], attributes: [value] });
      const main = message([
        [1, op('Constant', attribute('value', { tensor: held('constant') }))],
        [
          1,
          op(
            'Custom',
            message([
              [1, 'list'],
              [10, held('list')],
              [10, tensor({ name: 'x', dims: [1], raw: floats([7]) })],
              [22, message([[2, held('one')]])],
              [23, message([[1, held('many')]])],
              [3, 5],
            ]),
          ),
        ],
        unknown,
        [1, op('If', attribute('then_branch', { graph: graph([CONV], [held('inner')]) }))],
        [5, held('initializer')],
        [
          15,
          message([
            [1, held('sparse')],
            [3, 4],
          ]),
        ],
      ]);
      const called = message([
        [1, 'F'],
        [7, op('Constant', attribute('value', { tensor: held('function') }))],
        [11, attribute('x', { tensor: held('default') })],
      ]);
      return message([
        [1, 9],
        unknown,
        [25, called],
        [7, main],
        [20, message([[2, graph([], [held('training')])]])],
        [2, 'producer'],
      ]);
    };
    writeFileSync(path, build(true));
    const { bytes } = await readModelFile(path);
    expect(Buffer.compare(bytes, build(false))).toBe(0);
  });

  test('before a description, as writers put them', async () => {
    data('w.bin', values);
    const about = message([[12, 'about it']]);
    const named = message([...[2, 1, 1, 1].map((dim) => [1, dim] as const), [2, 1], [8, 'w']]);
    const place = message([
      [
        13,
        message([
          [1, 'location'],
          [2, 'w.bin'],
        ]),
      ],
      [14, 1],
    ]);
    writeFileSync(path, modelOf(graph([CONV], [concat([named, about, place])])));
    const { bytes } = await readModelFile(path);
    const expected = modelOf(graph([CONV], [concat([named, message([[9, values]]), about])]));
    expect(Buffer.compare(bytes, expected)).toBe(0);
  });

  test('shared by tensors, and none at all', async () => {
    data('w.bin', values);
    const shared = [W, { ...W, name: 'v' }].map((parts) => tensor({ ...parts, external: at('w.bin', 0, 8) }));
    const none = tensor({ name: 'none', dims: [0, 4], external: at('w.bin', 8, 0) });
    writeFileSync(path, modelOf(graph([CONV], [...shared, none])));
    expect(await weights()).toEqual([1, -2]);
  });

  test.for([
    [10, 4],
    [11, 16],
    [2, 2],
    [22, 1],
    [25, 1],
    [15, 32],
  ])('two values of ONNX data type %i take %i bytes', async ([dataType, length]) => {
    data('w.bin', new Uint8Array(64));
    const other = tensor({ name: 'v', dims: [2], dataType: dataType!, external: at('w.bin', 0, length!) });
    writeFileSync(path, modelOf(graph([CONV], [tensor({ ...W, raw: values }), other])));
    expect(await weights()).toEqual([1, -2]);
  });
});

describe('what is refused', () => {
  const outside = () => {
    const other = join(realpathSync(mkdtempSync(join(tmpdir(), 'other-'))), 'secret');
    writeFileSync(other, 'mine and 8 bytes');
    return other;
  };
  const nowhere = () => {};
  test.for<readonly [string, () => void, Readonly<Record<string, string>>, RegExp]>([
    ['no place', nowhere, {}, /w in .*best\.onnx must be a file in the model's own folder.*it is nowhere/],
    ['an absolute path', nowhere, at('/etc/passwd'), /own folder.*it is \/etc\/passwd\. Save/],
    ['a path on a drive', nowhere, at('C:\\x'), /own folder/],
    ['a path upwards', nowhere, at('../x'), /own folder.*it is \.\.\/x/],
    ['a path upwards, later', nowhere, at('a/../../x'), /own folder/],
    ['a path upwards on Windows', nowhere, at('..\\x'), /own folder/],
    ['the folder itself', nowhere, at('.'), /own folder/],
    ['a NUL', nowhere, at('a\0b'), /own folder/],
    ['a hidden file', () => data('.env', 'password'), at('.env'), /not a hidden one/],
    [
      'a file in a hidden folder',
      () => {
        mkdirSync(join(folder, '.git'));
        data('.git/config', 'password');
      },
      at('.git/config'),
      /not a hidden one/,
    ],
    [
      'a link to a hidden file',
      () => {
        data('.env', 'password');
        symlinkSync('.env', join(folder, 'w.bin'));
      },
      at('w.bin'),
      /not a hidden one, but .*w\.bin leads to .*\.env/,
    ],
    [
      'a link out of the folder',
      () => symlinkSync(outside(), join(folder, 'w.bin')),
      at('w.bin'),
      /own folder.*w\.bin leads to .*secret\. Copy/,
    ],
    [
      'a linked folder',
      () => symlinkSync('/etc', join(folder, 'data')),
      at('data/passwd'),
      /leads to \/etc\/passwd/,
    ],
    ['a link in a circle', () => symlinkSync('w.bin', join(folder, 'w.bin')), at('w.bin'), /cannot be found/],
    ['a file that is not there', nowhere, at('w.bin'), /w\.bin, but this file cannot be found.*Put w\.bin/],
    ['what ONNX Runtime keeps in memory', nowhere, at('*/_ORT_MEM_ADDR_/*', 4096, 8), /cannot be found/],
    ['a folder', () => mkdirSync(join(folder, 'w.bin')), at('w.bin'), /w\.bin is a folder/],
    [
      'a FIFO',
      () => execFileSync('mkfifo', [join(folder, 'w.bin')]),
      at('w.bin'),
      /w\.bin is a FIFO\. Put the data file itself/,
    ],
    ['a file that is too short', () => data('w.bin', 'four'), at('w.bin'), /8 bytes from byte 0.* has 4/],
    ['an offset past the end', () => data('w.bin', '8 bytes.'), at('w.bin', 1, 8), /from byte 1.* has 8/],
    [
      'an offset of 2⁶³',
      () => data('w.bin', '8 bytes.'),
      at('w.bin', '9223372036854775808', 8),
      /must lie within .*w\.bin/,
    ],
    ['an offset below 0', () => data('w.bin', '8 bytes.'), at('w.bin', -8), /The offset .* it is -8/],
    ['an offset that is none', () => data('w.bin', '8 bytes.'), at('w.bin', '0x0'), /whole number from 0/],
    [
      'a length of 2⁶³',
      () => data('w.bin', '8 bytes.'),
      at('w.bin', 0, '9223372036854775808'),
      /fit its shape/,
    ],
    ['a length below 0', () => data('w.bin', '8 bytes.'), at('w.bin', 0, '-1'), /The length .* it is -1/],
    [
      'a length that does not fit',
      () => data('w.bin', '8 bytes.'),
      at('w.bin', 0, 4),
      /\(2×1×1×1 of .*4 bytes/,
    ],
    [
      'a Git LFS pointer',
      () => data('w.bin', 'version https://git-lfs.github.com/spec/v1\n'),
      at('w.bin', 4096),
      /w\.bin is a Git LFS pointer.*lfs: true/,
    ],
  ])('%s', async ([, make, external, message]) => {
    make();
    write(external);
    await expect(readModelFile(path)).rejects.toThrow(message);
  });

  test.for<readonly [string, object, RegExp]>([
    ['texts', { dataType: 8 }, /fit its shape \(2×1×1×1 of ONNX data type 8\)/],
    ['an unknown type', { dataType: 1000 }, /data type 1000/],
    ['2⁶² values', { dims: [2 ** 31, 2 ** 31] }, /fit its shape/],
  ])('%s', async ([, parts, message]) => {
    data('w.bin', '8 bytes.');
    write(at('w.bin', 0, 8), parts);
    await expect(readModelFile(path)).rejects.toThrow(message);
  });

  test('less than no values', async () => {
    data('w.bin', new Uint8Array(8));
    const minus = Uint8Array.of(0x08, ...Array<number>(9).fill(0xff), 0x01);
    const negative = concat([minus, minus, tensor({ name: 'w', dims: [2], external: at('w.bin', 0, 8) })]);
    writeFileSync(path, modelOf(graph([CONV], [negative])));
    await expect(readModelFile(path)).rejects.toThrow(/must fit its shape \(-1×-1×2/);
  });

  test('a gigabyte that is declared a thousand times, before any of it is read', async () => {
    data('w.bin', '');
    truncateSync(join(folder, 'w.bin'), 2 ** 30);
    const again = (i: number) =>
      tensor({ name: `w${i}`, dims: [2 ** 28], external: at('w.bin', 0, 2 ** 30) });
    writeFileSync(
      path,
      modelOf(
        graph(
          [CONV],
          Array.from({ length: 1000 }, (_, i) => again(i)),
        ),
      ),
    );
    const before = process.memoryUsage.rss();
    await expect(readModelFile(path)).rejects.toThrow(/take 1073741824000 bytes from files of 1073741824/);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });

  test('more than 2 GiB in files, before any of it is read', async () => {
    for (const name of ['a.bin', 'b.bin', 'c.bin']) {
      data(name, '');
      truncateSync(join(folder, name), 2 ** 30);
    }
    const tensors = ['a', 'b', 'c'].map((name) =>
      tensor({ name, dims: [2 ** 28], external: at(`${name}.bin`) }),
    );
    writeFileSync(path, modelOf(graph([CONV], tensors)));
    await expect(readModelFile(path)).rejects.toThrow(/smaller than 2 GiB.* has 3221225472 bytes/);
  });

  test('eleven thousand files', async () => {
    const tensors = Array.from({ length: 11_000 }, (_, i) =>
      tensor({ name: `${i}`, dims: [1], external: at(`${i}.bin`) }),
    );
    writeFileSync(path, modelOf(graph([CONV], tensors)));
    await expect(readModelFile(path)).rejects.toThrow(
      /at most 10000 external data files, but it names 11000/,
    );
  });

  test('a tensor that is written in two parts, neither of which tells it all', async () => {
    data('w.bin', floats([1, -2]));
    const whole = tensor({ ...W, external: at('w.bin') });
    const [place, rest] = [whole.subarray(whole.length - 2), whole.subarray(0, whole.length - 2)];
    const constant = node({
      op: 'Constant',
      inputs: [],
      outputs: ['w'],
      attributes: [
        message([
          [1, 'value'],
          [5, rest],
          [5, place],
        ]),
      ],
    });
    writeFileSync(path, modelOf(graph([constant, CONV])));
    await expect(readModelFile(path)).rejects.toThrow(/it is nowhere/);
    const unsaid = tensor({ ...W }).subarray(0);
    writeFileSync(
      path,
      modelOf(graph([CONV], [concat([unsaid, message([[13, message([[1, 'location']])]])])])),
    );
    await expect(readModelFile(path)).rejects.toThrow(/must hold its values or say in one place/);
  });

  test.for<readonly [string, (file: string) => void]>([
    ['longer', (file) => appendFileSync(file, 'more')],
    ['shorter', (file) => truncateSync(file, 7)],
    [
      'a FIFO',
      (file) => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      },
    ],
  ])('a file that becomes %s before it is read', async ([, change]) => {
    data('w.bin', '8 bytes.');
    const values = { tensor: 'w', location: 'w.bin', offset: 0, length: 8 };
    const [file] = await findDataFiles(path, [values]);
    change(join(folder, 'w.bin'));
    await expect(readDataFile(file!, [{ values, into: new Uint8Array(8) }])).rejects.toThrow(
      /w\.bin must not change while it is read, but it is no longer 8 bytes long/,
    );
  });
});

test('a shape in another file is held against what it blows up, too', async () => {
  data('shape.bin', new Uint8Array(BigInt64Array.of(2n ** 40n).buffer));
  const shape = tensor({ name: 's', dims: [1], dataType: 7, external: at('shape.bin') });
  const expand = node({ op: 'Expand', inputs: ['x', 's'], outputs: ['y'] });
  writeFileSync(path, modelOf(graph([expand], [shape])));
  await expect(readModelFile(path)).rejects.toThrow(/must make no tensor of more than/);
});
