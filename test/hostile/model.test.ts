import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { findConvWeights } from '../../src/onnx/conv-weights.ts';
import { parseModel, readModelFile } from '../../src/onnx/model-file.ts';
import { inOneFile } from '../../src/onnx/one-file.ts';
import { besideModel, makeWorkspace, runBundle } from '../faults/workspace.ts';
import { attribute, graph, message, node, tensor } from '../helpers/onnx-file.ts';
import { damaged } from './damage.ts';

const FLIPS = process.env.FAULTS === 'full' ? 2000 : 500;
const MODEL = readFileSync(fileURLToPath(new URL('../fixtures/models/yolov5.onnx', import.meta.url)));

/** What reading a model ends in: its weights, or a message for the user. Anything else is thrown on. */
function read(bytes: Uint8Array): string {
  try {
    return `${findConvWeights(parseModel('best.onnx', Uint8Array.from(bytes))).length} weights`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.remedy).not.toBe('');
    return error.message;
  }
}

const modelOf = (graphBytes: Uint8Array, functions: readonly Uint8Array[] = []) =>
  message([[1, 9], [7, graphBytes], ...functions.map((entry) => [25, entry] as const)]);
const call = (op: string, domain: string) =>
  message([
    [1, 'x'],
    [2, 'y'],
    [4, op],
    [7, domain],
  ]);
const functionOf = (name: string, calls: readonly Uint8Array[]) =>
  message([[1, name], ...calls.map((entry) => [7, entry] as const), [10, 'my']]);

function nested(depth: number): Uint8Array {
  const inner = depth === 0 ? node({ op: 'Relu', inputs: ['x'], outputs: ['y'] }) : nested(depth - 1);
  return node({
    op: 'If',
    inputs: ['c'],
    outputs: ['y'],
    attributes: [attribute('then', { graph: graph([inner]) })],
  });
}

test('a model that ends early is read or refused, wherever it ends', () => {
  for (let percent = 0; percent < 100; percent++) {
    expect(read(MODEL.subarray(0, (MODEL.length * percent) / 100))).toMatch(/weights|\./);
  }
  expect(read(MODEL)).toBe('8 weights');
});

test(`a model with changed bytes is read or refused (${FLIPS} times)`, () => {
  for (let seed = 0; seed < FLIPS; seed++) read(damaged(MODEL, seed));
});

test(`a model with changed bytes that has a data file is read or refused (${FLIPS} times)`, async () => {
  const path = fileURLToPath(new URL('../fixtures/external/one-data-file/best.onnx', import.meta.url));
  const own = readFileSync(path);
  const ends = new Set<string>();
  for (let seed = 0; seed < FLIPS; seed++) {
    const end = await inOneFile(path, damaged(own, seed)).then(
      ({ bytes }) => read(bytes),
      (error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        return error.message;
      },
    );
    ends.add(end.replace(/\d+|The external data of .* in/g, '').slice(0, 60));
  }
  // Both happen, so that the changes reach what they are to reach.
  expect([...ends].filter((end) => /external data|data file/.test(end)).length).toBeGreaterThan(2);
  expect([...ends].some((end) => end.endsWith(' weights'))).toBe(true);
});

test.for<[string, () => Uint8Array, RegExp]>([
  ['a field of 2⁶³ bytes', () => Uint8Array.of(0x3a, ...Array<number>(9).fill(0xff), 0x7f), /do not parse/],
  [
    'a weight of 2⁶² values',
    () =>
      modelOf(
        graph(
          [node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] })],
          [tensor({ name: 'w', dims: [2 ** 51, 2 ** 51, 1, 1], raw: new Uint8Array(4) })],
        ),
      ),
    /must hold .*values/,
  ],
  ['graphs in graphs, 400 deep', () => modelOf(graph([nested(400)])), /recursion depth/],
  [
    'a loop',
    () => modelOf(graph([node({ op: 'Loop', inputs: ['n'], outputs: ['y'] })])),
    /run through once.*Loop/,
  ],
  [
    'a loop within a graph',
    () =>
      modelOf(
        graph([
          node({
            op: 'If',
            inputs: ['c'],
            outputs: ['y'],
            attributes: [
              attribute('then', { graph: graph([node({ op: 'Scan', inputs: ['n'], outputs: ['y'] })]) }),
            ],
          }),
        ]),
      ),
    /run through once.*Scan/,
  ],
  [
    'a function that calls itself',
    () => modelOf(graph([call('F', 'my')]), [functionOf('F', [call('F', 'my')])]),
    /calls itself/,
  ],
  [
    'a chain of 5,000 functions',
    () =>
      modelOf(
        graph([call('F0', 'my')]),
        Array.from({ length: 5000 }, (_, i) => functionOf(`F${i}`, [call(`F${i + 1}`, 'my')])),
      ),
    /at most 32 deep/,
  ],
  [
    'functions that call each other 2³⁰ times',
    () =>
      modelOf(
        graph([call('F29', 'my')]),
        Array.from({ length: 30 }, (_, i) =>
          functionOf(
            `F${i}`,
            Array<Uint8Array>(2).fill(call(i === 0 ? 'Relu' : `F${i - 1}`, i === 0 ? '' : 'my')),
          ),
        ),
      ),
    /at most 200000 operators/,
  ],
  [
    'a weight that is computed from itself',
    () =>
      modelOf(
        graph([
          node({ op: 'Identity', inputs: ['w'], outputs: ['v'] }),
          node({ op: 'Identity', inputs: ['v'], outputs: ['w'] }),
          node({ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }),
        ]),
      ),
    /\./,
  ],
  ['a zip archive', () => Buffer.from('PK\x03\x04archive/data.pkl', 'latin1'), /zip archive/],
  ['a pickle', () => Uint8Array.of(0x80, 4, 0x95, 1), /Python pickle/],
])('%s is refused', ([, bytes, expected]) => {
  expect(read(bytes())).toMatch(expected);
});

describe('a tensor in another file', () => {
  test.for(['/etc/passwd', '../../etc/passwd', 'link.bin', 'weights.bin'])(
    'is refused before anything opens it: %s',
    (location) => {
      const external = message([
        [1, 4],
        [2, 1],
        [8, 'bias'],
        [
          13,
          message([
            [1, 'location'],
            [2, location],
          ]),
        ],
        [14, 1],
      ]);
      const conv = node({ op: 'Conv', inputs: ['x', 'w', 'bias'], outputs: ['y'] });
      const weight = tensor({ name: 'w', dims: [1, 1, 1, 1], raw: new Uint8Array(4) });
      const told = read(modelOf(graph([conv], [weight, external])));
      expect(told).toMatch(/tensor bias .*external data file.*save_as_external_data=False/s);
      const constant = node({
        op: 'Constant',
        inputs: [],
        outputs: ['bias'],
        attributes: [attribute('value', { tensor: external })],
      });
      expect(read(modelOf(graph([constant, conv], [weight])))).toMatch(/external data file/);
    },
  );
});

test('a file beyond 2 GiB is refused without being read', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'hostile-')), 'best.onnx');
  const file = openSync(path, 'w');
  // One field that takes up the whole file.
  writeSync(file, Uint8Array.of(0x9a, 6, 0xf0, 0xff, 0xff, 0xff, 0x0b));
  ftruncateSync(file, 7 + 3_221_225_456);
  closeSync(file);
  await expect(readModelFile(path)).rejects.toThrow(/cannot be read.*2 GiB/);
});

describe('the whole run ends with exit status 1 and one message', () => {
  test('on a model that ONNX Runtime does not load, and leaves nothing', async () => {
    const workspace = makeWorkspace(2);
    const cyclic = Buffer.from(MODEL);
    const at = cyclic.indexOf('images');
    cyclic.write('outpu0', at, 'latin1');
    writeFileSync(workspace.model, cyclic);
    const { code, log } = await runBundle(workspace);
    expect(code, log).toBe(1);
    expect(log.match(/^Error:/gm)).toHaveLength(1);
    expect(Object.keys(besideModel(workspace))).toEqual(['best.onnx']);
  });

  test.skipIf(process.platform === 'win32').for(['model', 'data', 'backup', 'output'])(
    'on a FIFO as %s',
    async (name) => {
      const workspace = makeWorkspace(2);
      const fifo = join(workspace.folder, 'fifo.onnx');
      execFileSync('mkfifo', [fifo]);
      const { code, log } = await runBundle(workspace, { [name]: fifo });
      if (name === 'backup') expect(log).toMatch(/kept as .*fifo\.1\.onnx/);
      else {
        expect(code, log).toBe(1);
        expect(log.match(/Error:/g)).toHaveLength(1);
      }
    },
  );

  test.skipIf(process.platform === 'win32')('on a device', async () => {
    const workspace = makeWorkspace(2);
    const { code, log } = await runBundle(workspace, { model: '/dev/zero', data: '/dev/zero' });
    expect(code).toBe(1);
    expect(log).toMatch(/2 inputs are wrong/);
  });
});
