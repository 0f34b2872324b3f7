import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadDataset } from '../../src/dataset/dataset.ts';
import { parseLabels } from '../../src/dataset/labels.ts';
import { walk } from '../../src/dataset/walk.ts';
import { UserError } from '../../src/errors.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  write('images/1.jpg', 'not read here');
  write('labels/1.txt', '0 0.5 0.5 0.1 0.1\n');
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** What loading ends in: a number of images, or a message for the user. Anything else is thrown on. */
async function load(yaml: string): Promise<string> {
  write('data.yaml', yaml);
  try {
    const { images } = await loadDataset(join(folder, 'data.yaml'), { split: 'val', family: 'ultralytics' });
    return `${images.length} images`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.remedy).not.toBe('');
    return error.message;
  }
}

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
for (let level = 1; level < 12; level++) {
  const [name, last] = ['abcdefghijkl'[level], 'abcdefghijkl'[level - 1]];
  bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(', ')}]`);
}

describe('a data.yaml', () => {
  test.for<[string, string, RegExp]>([
    ['anchors that explode', `${bomb.join('\n')}\nval: images\nnames: *l\n`, /alias|must be/i],
    [
      'merge keys that explode',
      `a: &a {x: 1}\n${Array.from({ length: 200 }, (_, i) => `b${i}: {<<: *a}`).join('\n')}\nval: images\nnames: [a]\n`,
      /alias/i,
    ],
    [
      'tags that make objects',
      'val: !!python/object/apply:os.system ["touch pwned"]\nnames: [a]\n',
      /must be YAML.*tag/s,
    ],
    [
      'JavaScript tags',
      'val: !!js/function "function () { process.exit() }"\nnames: [a]\n',
      /must be YAML.*tag/s,
    ],
    ['a hundred thousand brackets', `val: ${'['.repeat(100_000)}\nnames: [a]\n`, /must be YAML/],
    ['a download command', 'download: touch pwned\nval: nowhere\nnames: [a]\n', /never run here/],
    [
      'prototype keys',
      '__proto__: {polluted: true}\nconstructor: x\nval: images\nnames: [a]\n',
      /^1 images$/,
    ],
    ['a device as a list of images', 'val: /dev/zero\nnames: [a]\n', /regular file/],
    ['an endless terminal', 'val: /dev/tty\nnames: [a]\n', /regular file|must name images/],
    ['a billion classes', 'val: images\nnc: 1000000000\n', /whole number from 1/],
    ['a class number of 2⁶³', 'val: images\nnames: {9223372036854775807: a}\n', /class numbers/],
    ['NUL bytes in a path', 'val: "images\\0/etc"\nnames: [a]\n', /must name images/],
    ['globs', 'val: /**/*.jpg\nnames: [a]\n', /must name images/],
    ['somebody’s secrets as a list', 'val: /etc/passwd\nnames: [a]\n', /no images|there are none/],
  ])('with %s', { timeout: 10_000 }, async ([, yaml, expected]) => {
    expect(await load(yaml)).toMatch(expected);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('of 100 MB', async () => {
    const path = join(folder, 'data.yaml');
    const file = openSync(path, 'w');
    ftruncateSync(file, 100 << 20);
    closeSync(file);
    const loading = loadDataset(path, { split: 'val', family: 'ultralytics' });
    await expect(loading).rejects.toThrow(/not be larger than 1 MB/);
  });
});

test('links in circles end', async () => {
  symlinkSync(folder, join(folder, 'images', 'up'));
  symlinkSync('loop', join(folder, 'images', 'loop'));
  expect(await load('val: .\npath: .\nnames: [a]\n')).toMatch(/^\d images$/);
});

test('a walk over a whole disk is given up', () => {
  expect(() => walk('/', () => true, [], { maxEntries: 20_000 })).toThrow(/at most 20000 files and folders/);
});

describe('labels', () => {
  const rules = { family: 'ultralytics', classes: 3, poseColumns: undefined } as const;
  test.for([
    'nan 0.5 0.5 0.1 0.1',
    '0 nan 0.5 0.1 0.1',
    '0 inf 0.5 0.1 0.1',
    '0 1e308 0.5 0.1 0.1',
    '0 1e999 0 0 0',
    '1e308 0.5 0.5 0.1 0.1',
    '-1 0.5 0.5 0.1 0.1',
    '0x10 0.5 0.5 0.1 0.1',
    '0 0.5 0.5 0.1 -0.1',
    `0 ${'9'.repeat(100_000)} 0 0 0`,
    '\0\0\0\0\0',
  ])('%s drops the image', (row) => {
    for (const family of ['ultralytics', 'yolov5'] as const) {
      const { kind } = parseLabels(Buffer.from(`${row}\n`), { ...rules, family });
      expect(['dropped', 'unknown-class']).toContain(kind);
    }
  });

  test('of ten million rows are refused before they are read', async () => {
    const file = openSync(join(folder, 'labels', '1.txt'), 'w');
    ftruncateSync(file, 180_000_000);
    closeSync(file);
    expect(await load('val: images\nnames: [a]\n')).toMatch(/label file .*must not be larger/);
  });

  test('as long as is allowed are read in bounded time', { timeout: 10_000 }, () => {
    const rows = Buffer.from('0 0.5 0.5 0.1 0.1\n'.repeat((4 << 20) / 18));
    expect(parseLabels(rows, rules)).toMatchObject({ kind: 'labels', labels: { count: 1 } });
    const digits = Buffer.from(`0 ${'1'.repeat(4 << 20)} 0.5 0.1 0.1\n`);
    expect(parseLabels(digits, rules).kind).toBe('dropped');
    expect(parseLabels(Buffer.from(`0 ${'0.5 0.25 '.repeat(450_000)}\n`), rules).kind).toBe('labels');
  });
});
