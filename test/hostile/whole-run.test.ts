import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../faults/workspace.ts';
import { attribute, graph, message, node, tensor } from '../helpers/onnx-file.ts';
import { expectBounded, expectRefused, witness, worst } from './bounded.ts';
import { integers, smallDetector, weight } from './small-detector.ts';

const LIMIT = { timeout: 90_000 };

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace(2);
  onTestFinished(() => rmSync(workspace.folder, { recursive: true }));
});
afterAll(() => {
  process.stdout.write(
    `hostile files, whole runs: ${worst.runs}, longest ${worst.seconds.toFixed(1)} s, most memory ${(worst.peak / 2 ** 20).toFixed(0)} MB\n`,
  );
});

const inWorkspace = (name: string) => join(workspace.folder, name);
const write = (name: string, content: string | Uint8Array) => writeFileSync(inWorkspace(name), content);
const model = (content: string | Uint8Array) => writeFileSync(workspace.model, content);
const dataYaml = (text: string) => write('data.yaml', text);

/** The fixture's bytes, and what protobuf adds to a message by appending. */
const modelWith = (...more: readonly Uint8Array[]) =>
  model(Buffer.concat([readFileSync(workspace.model), ...more]));
const metadata = (key: string, value: string) =>
  message([
    [
      14,
      message([
        [1, key],
        [2, value],
      ]),
    ],
  ]);

/** A file that is as large as it says and takes no room on the disk. */
function sparse(path: string, bytes: number, head: Uint8Array = new Uint8Array(0)): void {
  const file = openSync(path, 'w');
  writeSync(file, head);
  ftruncateSync(file, Math.floor(bytes));
  closeSync(file);
}

function nested(depth: number): Uint8Array {
  let inner = node({ op: 'Relu', inputs: ['x'], outputs: ['y'] });
  for (let level = 0; level < depth; level++)
    inner = node({
      op: 'If',
      inputs: ['c'],
      outputs: ['y'],
      attributes: [attribute('then', { graph: graph([inner]) })],
    });
  return message([
    [1, 9],
    [7, graph([inner])],
  ]);
}

/** A model with a weight whose 32 bytes lie in another file, so often. */
function external(entries: Readonly<Record<string, string>>, times = 1): Uint8Array {
  const names = Array.from({ length: times }, (_, i) => `v${i}`);
  return smallDetector({
    nodes: names.map((name) => node({ op: 'Identity', inputs: [name], outputs: [`of ${name}`] })),
    weights: names.map((name) => tensor({ name, dims: [8], external: entries })),
  });
}

type Case = readonly [
  name: string,
  make: () => Readonly<Record<string, string>> | undefined,
  what: RegExp,
  where: string,
];
const cases = (list: readonly (readonly [string, () => unknown, RegExp, string?])[], where: string): Case[] =>
  list.map(([name, make, what, place]) => [
    name,
    () => {
      const inputs = make();
      return typeof inputs === 'object' ? (inputs as Record<string, string>) : undefined;
    },
    what,
    place ?? where,
  ]);

const refused = async ([, make, what, where]: Case) => {
  const inputs = make();
  expectRefused(await witness(workspace, inputs), what, where);
};

describe('models', () => {
  const big = (head?: Uint8Array) => () => sparse(workspace.model, 1.9 * 2 ** 30, head);
  const link = (target: string) => () => {
    symlinkSync(target, inWorkspace('models/link.bin'));
    model(external({ location: 'link.bin' }));
  };
  const beside = (content: string | Uint8Array, entries: Readonly<Record<string, string>>) => () => {
    write('models/best.data', content);
    model(external({ location: 'best.data', ...entries }));
  };
  test.for(
    cases(
      [
        [
          'cut in half',
          () => model(readFileSync(workspace.model).subarray(0, 12_000)),
          /do not parse|cannot load|must/,
        ],
        [
          'a field of 2⁶³ bytes',
          () => model(Uint8Array.of(0x3a, ...Array<number>(9).fill(0xff), 0x7f)),
          /do not parse/,
        ],
        ['1.9 GB of nothing', big(), /do not parse.*no field begins at byte 0/],
        [
          '1.9 GB of nothing behind a model',
          () => big(readFileSync(workspace.model))(),
          /no field begins at byte/,
        ],
        [
          '3 GB in one field',
          () =>
            sparse(
              workspace.model,
              9 + 3_221_225_456,
              Uint8Array.of(0x08, 9, 0x9a, 6, 0xf0, 0xff, 0xff, 0xff, 0x0b),
            ),
          /2 GiB/,
        ],
        ['graphs 3,000 deep', () => model(nested(3000)), /do not parse/],
        [
          'a cycle',
          () =>
            model(
              Buffer.from(
                readFileSync(workspace.model).toString('latin1').replace('images', 'outpu0'),
                'latin1',
              ),
            ),
          /ONNX Runtime cannot load/,
        ],
        ['data in /etc/passwd', () => model(external({ location: '/etc/passwd' })), /model's own folder/],
        [
          'data in ../',
          () => model(external({ location: '../../../../../../etc/passwd' })),
          /model's own folder/,
        ],
        ['data behind a link', link('/etc/passwd'), /leads to \/etc\/passwd/],
        ['data on a device', link('/dev/zero'), /leads to \/dev\/zero/],
        [
          'data in a hidden file',
          () => {
            write('models/.env', 'a password of thirty-two letters');
            model(external({ location: '.env' }));
          },
          /not a hidden one/,
        ],
        [
          'data in a FIFO',
          () => {
            execFileSync('mkfifo', [inWorkspace('models/fifo.bin')]);
            model(external({ location: 'fifo.bin' }));
          },
          /must be in a regular file, but .*fifo\.bin is a FIFO/,
        ],
        [
          'data in a folder',
          () => {
            mkdirSync(inWorkspace('models/data'));
            model(external({ location: 'data' }));
          },
          /regular file, but .*data is a folder/,
        ],
        [
          'data that is not there',
          () => model(external({ location: 'best.data' })),
          /best\.data.*cannot be found/,
        ],
        [
          'data of ten megabytes of path',
          () => model(external({ location: 'x/'.repeat(5e6) })),
          /model's own folder/,
        ],
        [
          'data past the end of the file',
          beside('thirty bytes and two are there..', { offset: '9223372036854775807' }),
          /must lie within/,
        ],
        [
          'data of 2⁶³ bytes',
          beside('thirty bytes and two are there..', { length: '9223372036854775808' }),
          /must fit its shape/,
        ],
        [
          'data before the file',
          beside('thirty bytes and two are there..', { offset: '-32' }),
          /whole number/,
        ],
        [
          'a gigabyte of data, a thousand times',
          () => {
            sparse(inWorkspace('models/best.data'), 2 ** 30);
            const huge = Array.from({ length: 1000 }, (_, i) =>
              tensor({ name: `h${i}`, dims: [2 ** 28], external: { location: 'best.data' } }),
            );
            model(smallDetector({ weights: huge }));
          },
          /must be in its data files once/,
        ],
        [
          'two gigabytes of data',
          () => {
            sparse(inWorkspace('models/best.data'), 2 ** 31);
            const huge = tensor({ name: 'h', dims: [2 ** 29], external: { location: 'best.data' } });
            model(smallDetector({ weights: [huge] }));
          },
          /smaller than 2 GiB/,
        ],
        [
          'an operator of a library',
          () =>
            model(
              Buffer.from(
                readFileSync(workspace.model).toString('latin1').replace('Sigmoid', 'Sigmoix'),
                'latin1',
              ),
            ),
          /uses the operator|cannot load/,
        ],
        ['a zip archive', () => model('PK\x03\x04archive/data.pkl'), /zip archive/],
        ['a pickle', () => model(Uint8Array.of(0x80, 4, 0x95, 1, 0, 0, 0)), /Python pickle/],
        ['a program', () => model('\x7fELF\x02\x01\x01'), /do not parse/],
        ['a text', () => model('hello\n'), /do not parse/],
        ['nothing', () => model(''), /is empty/],
        [
          'pictures of 65,536 × 65,536',
          () => model(smallDetector({ height: 65_536, width: 65_536 })),
          /at most \d+ pixels in one run/,
          '65536×65536',
        ],
        [
          'pictures of 2⁴⁰ × 2⁴⁰',
          () => model(smallDetector({ height: 2 ** 40, width: 2 ** 40 })),
          /at most \d+ pixels/,
          '1099511627776',
        ],
        [
          'a batch of a million',
          () => model(smallDetector({ batch: 1e6 })),
          /at most \d+ pixels/,
          '1000000 pictures',
        ],
        [
          'a size of 2⁵³ in its metadata',
          () =>
            model(
              smallDetector({
                height: 'h',
                width: 'w',
                metadata: { imgsz: '[9007199254740991, 9007199254740991]' },
              }),
            ),
          /at most \d+ pixels/,
          '9007199254740991',
        ],
        [
          'two million boxes',
          () => model(smallDetector({ boxes: 2e6, made: 2e6 })),
          /at most \d+ values and \d+ boxes/,
          '2000000',
        ],
        [
          'ten million boxes that it does not tell',
          () => model(smallDetector({ boxes: 'n', made: 4e6 })),
          /at most \d+ values/,
          '4000000',
        ],
        [
          'numbers that do not fit each other',
          () => model(smallDetector({ batch: 4 })),
          /ONNX Runtime (stops in it|cannot load)/,
          'Reshape',
        ],
        [
          'weights of 2⁶² values',
          () =>
            model(
              smallDetector({
                nodes: [node({ op: 'Conv', inputs: ['images', 'v'], outputs: ['z'] })],
                weights: [tensor({ name: 'v', dims: [2 ** 51, 2 ** 51, 1, 1], raw: new Uint8Array(4) })],
              }),
            ),
          /must hold|cannot load/,
        ],
        [
          'a task of ten million characters',
          () => modelWith(metadata('task', 'x'.repeat(1e7))),
          /must be a detector/,
          'xxx',
        ],
        [
          'a task that talks to the terminal',
          () => modelWith(metadata('task', '\x1b[2J\n::error::x')),
          /must be a detector.*boxes are validated\.$/m,
          '::error::x',
        ],
        [
          'sixteen gigabytes made of one number',
          () =>
            model(
              smallDetector({
                nodes: [
                  node({ op: 'Expand', inputs: ['r', 'huge'], outputs: ['z'] }),
                  node({ op: 'ReduceSum', inputs: ['z'], outputs: ['sum'] }),
                ],
                weights: [integers('huge', [250_000_000, 1, 8])],
              }),
            ),
          /must make no tensor of more than \d+ values, but Expand .* asks for 2000000000/,
        ],
        [
          'a loop',
          () => model(smallDetector({ nodes: [node({ op: 'Loop', inputs: ['r'], outputs: ['z'] })] })),
          /run through once/,
        ],
      ],
      'best.onnx',
    ),
  )('%s', LIMIT, refused);

  test.for([
    ['names of 50 MB', () => modelWith(metadata('names', `{0: '${'a'.repeat(50e6)}'}`))],
    ['a million names', () => modelWith(metadata('names', `[${"'a',".repeat(1e6)}]`))],
    ['five million brackets', () => modelWith(metadata('names', '{'.repeat(5e6)))],
    ['names of objects', () => modelWith(metadata('names', "['__proto__', 'constructor', 'toString']"))],
    [
      'the same bytes for a thousand tensors',
      () => {
        write('models/best.data', new Uint8Array(32));
        model(external({ location: 'best.data' }, 1000));
      },
    ],
    [
      'data behind a link that stays in the folder',
      () => {
        write('models/best.data', new Uint8Array(32));
        symlinkSync('best.data', inWorkspace('models/link.bin'));
        model(external({ location: 'link.bin' }));
      },
    ],
    ['a stride of 2⁵³', () => modelWith(metadata('stride', '9007199254740991'))],
    [
      'ten thousand classes',
      () => {
        model(smallDetector({ classes: 10_000 }));
        dataYaml('path: .\nval: images\nnc: 10000\n');
      },
    ],
    [
      'weights that are no numbers',
      () =>
        model(
          smallDetector({
            nodes: [node({ op: 'Conv', inputs: ['images', 'v'], outputs: ['z'] })],
            weights: [weight('v', [1, 3, 1, 1], [Number.NaN, Infinity, -Infinity])],
          }),
        ),
    ],
  ] as const)('%s end, too', LIMIT, async ([, make]) => {
    make();
    expectBounded(await witness(workspace));
  });

  test('a name that keeps globs busy', LIMIT, async () => {
    const conv = node({ op: 'Conv', inputs: ['images', 'v'], outputs: ['z'], name: 'abcd'.repeat(50_000) });
    model(smallDetector({ nodes: [conv], weights: [weight('v', [1, 3, 1, 1], [1, 2, 3])] }));
    expectBounded(await witness(workspace, { exclude: '*a*b*c*d*e\n*a*{b,c}*d*e' }));
  });
});

describe('data.yaml', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level++) {
    const [name, last] = ['abcdefghijkl'[level], 'abcdefghijkl'[level - 1]];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(', ')}]`);
  }
  const NAMES = 'names: [class 0, class 1, class 2]\n';
  test.for(
    cases(
      [
        [
          'anchors that explode',
          () => dataYaml(`${bomb.join('\n')}\nval: images\nnames: *l\n`),
          /alias|must be/i,
        ],
        [
          'tags that make objects',
          () => dataYaml('val: !!python/object/apply:os.system ["touch pwned"]\nnames: [a]\n'),
          /must be YAML.*tag/,
        ],
        ['100 MB', () => sparse(inWorkspace('data.yaml'), 100e6), /not be larger than 1 MB/],
        ['a megabyte of brackets', () => dataYaml(`val: ${'['.repeat(1_000_000)}\n`), /must be YAML/],
        [
          'a whole disk',
          () => dataYaml(`path: /\nval: .\n${NAMES}`),
          /must hold at most|must have labels|label files?|There must be/i,
          '/',
        ],
        [
          'globs over the whole disk',
          () => dataYaml(`val: /**/*.jpg\n${NAMES}`),
          /must name images that exist/,
        ],
        ['a download', () => dataYaml(`download: touch pwned\nval: nowhere\n${NAMES}`), /never run here/],
        [
          'somebody’s secrets as a list',
          () => dataYaml(`val: /etc/passwd\n${NAMES}`),
          /must be images/,
          '/etc/passwd',
        ],
        ['a device', () => dataYaml(`val: /dev/zero\n${NAMES}`), /regular file/, '/dev/zero'],
        ['a million classes', () => dataYaml('val: images\nnc: 1000000\n'), /whole number from 1/],
        [
          'a hundred thousand classes',
          () => dataYaml('val: images\nnc: 100000\n'),
          /as many classes/,
          '100000',
        ],
        [
          'a list of four million lines',
          () => {
            write('list.txt', './images/0.png\n'.repeat(4e6));
            dataYaml(`val: list.txt\n${NAMES}`);
          },
          /more than \d+ lines/,
          'list.txt',
        ],
        [
          'a list of NULs',
          () => {
            write('list.txt', './images/0\0.png\n');
            dataYaml(`val: list.txt\n${NAMES}`);
          },
          /must exist/,
          '0 .png',
        ],
        [
          'links that multiply',
          () => {
            for (let level = 0; level < 25; level++) mkdirSync(inWorkspace(`d${level}`));
            for (let level = 0; level < 24; level++)
              for (const name of 'abcd') symlinkSync(`../d${level + 1}`, inWorkspace(`d${level}/${name}`));
            dataYaml(`val: d0\n${NAMES}`);
          },
          /at most \d+ files and folders/,
          'd0',
        ],
      ],
      'data.yaml',
    ),
  )('%s', LIMIT, refused);

  test.for([
    [
      'links in circles',
      () => {
        symlinkSync('..', inWorkspace('images/up'));
        symlinkSync('loop', inWorkspace('images/loop'));
      },
    ],
    ['names of objects', () => dataYaml('path: .\nval: images\nnames: [__proto__, constructor, toString]\n')],
    ['keys of objects', () => dataYaml(`__proto__: {polluted: true}\nconstructor: x\nval: images\n${NAMES}`)],
    [
      'names with everything in them',
      () =>
        dataYaml(
          `val: images\nnames: ["<script>x</script>", "\\e[31m::error::\\n", "${'x'.repeat(500_000)}"]\n`,
        ),
    ],
  ] as const)('%s end, too', LIMIT, async ([, make]) => {
    make();
    expectBounded(await witness(workspace));
  });
});

describe('annotations', () => {
  const json = (content: string) => () => {
    write('a.json', content);
    return { annotations: inWorkspace('a.json') };
  };
  test.for(
    cases(
      [
        ['a hundred million brackets', json('['.repeat(1e8)), /must not hold more than \d+ lists/],
        [
          'sixty million entries',
          json(`{"images":[${'{},'.repeat(6e7)}{}]}`),
          /must not be larger|must not hold/,
        ],
        [
          'brackets in an outline',
          json(`{"annotations":[{"segmentation":${'['.repeat(1e8)}`),
          /must not hold more/,
        ],
        [
          'ten million keys',
          json(`{${Array.from({ length: 8e6 }, (_, i) => `"${i}":1`).join()}}`),
          /COCO JSON/,
        ],
        [
          '3 GB',
          () => {
            sparse(inWorkspace('a.json'), 3e9);
            return { annotations: inWorkspace('a.json') };
          },
          /must not be larger/,
        ],
      ],
      'a.json',
    ),
  )('%s', LIMIT, refused);
});

describe('a baseline', () => {
  const baseline = (write: (path: string) => void) => () => {
    const path = inWorkspace('baseline.json');
    write(path);
    return { baseline: path };
  };
  const json = (content: string) => baseline((path) => writeFileSync(path, content));
  test.for(
    cases(
      [
        ['3 GB', baseline((path) => sparse(path, 3e9)), /cannot be read: it has 3000000000 bytes/],
        ['ninety million brackets', json('['.repeat(9e7)), /more than \d+ lists and maps/],
        [
          'eight million keys',
          json(`{${Array.from({ length: 8e6 }, (_, i) => `"${i}":1`).join()}}`),
          /must be a report.json with schema 1/,
        ],
        ['a FIFO', baseline((path) => execFileSync('mkfifo', [path])), /must be the path of an existing/],
      ],
      'baseline.json',
    ),
  )('%s', LIMIT, refused);
});

describe('images and labels', () => {
  test('a label file of ten million rows', LIMIT, async () => {
    sparse(inWorkspace('labels/0.txt'), 180e6);
    expectRefused(await witness(workspace), /label file .*must not be larger/, 'labels/0.txt');
  });

  test.for([
    ['not a number', 'nan nan nan nan nan\n'],
    ['1e308', '0 1e308 1e308 1e308 1e308\n'],
    ['megabytes of digits', `0 ${'1'.repeat((4 << 20) - 20)} 0 0 0`],
  ])('a label of %s', LIMIT, async ([, row]) => {
    write('labels/0.txt', row!);
    expectRefused(await witness(workspace), /must have labels/, 'labels/0.txt');
  });

  test('as many labels as a file may hold', LIMIT, async () => {
    const rows = Array.from(
      { length: 170_000 },
      (_, i) => `${i % 3} 0.5${String(i).padStart(6, '0')} .5 .1 .1`,
    );
    write('labels/0.txt', rows.join('\n'));
    expectBounded(await witness(workspace));
  });

  test.for([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', /SVG/],
    ['a text', 'hello\n', /no known image format/],
    ['nothing', '', /empty/],
  ] as const)('pictures that are %s', LIMIT, async ([, content, what]) => {
    // The labels stay: they make the data set look right until the pictures are opened.
    for (const name of ['0', '1']) {
      rmSync(inWorkspace(`images/${name}.png`));
      write(`images/${name}.png`, content);
    }
    const run = await witness(workspace);
    expectBounded(run);
    expect(run.code, run.log).toBe(1);
    expect(run.log).toMatch(what);
    expect(run.log.match(/^Error:/gm)).toHaveLength(1);
  });
});
