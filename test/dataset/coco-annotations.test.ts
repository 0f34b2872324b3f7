import { readFileSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/dataset/dataset.ts';
import { sixDigits } from '../../src/dataset/python.ts';
import type { Dataset } from '../../src/dataset/types.ts';
import { UserError } from '../../src/errors.ts';
import { createEvaluator } from '../../src/metrics/evaluator.ts';
import type { Family } from '../../src/protocol.ts';
import type { Detections, Geometry } from '../../src/validate/types.ts';
import { folderWith } from './folders.ts';

const FAMILIES: readonly Family[] = ['yolov5', 'ultralytics'];

interface Truth {
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[];
  readonly annotations: readonly object[];
}

interface Expected {
  readonly names: readonly string[];
  /** Image id, category id, left, top, width, height, score. */
  readonly detections: readonly (readonly [number, number, number, number, number, number, number])[];
  readonly yolov5: ExpectedFamily;
  readonly ultralytics: ExpectedFamily;
}

interface ExpectedFamily {
  /** Class, centre x, centre y, width, height per row; null for a dropped image. */
  readonly rows: readonly (readonly (readonly number[])[] | null)[];
  readonly coco: readonly number[];
}

const fixture = (name: string) => readFileSync(new URL(`../fixtures/coco/${name}`, import.meta.url), 'utf8');
const TRUTH: Truth = JSON.parse(fixture('instances.json'));
const EXPECTED: Expected = JSON.parse(fixture('expected.json'));

/** Loads `val: images/val` of two classes with these annotations. */
async function load(
  annotations: unknown,
  images: readonly string[] = ['a.jpg'],
  family: Family = 'yolov5',
  names = '[cat, dog]',
): Promise<Dataset> {
  const root = await folderWith({
    'data.yaml': `val: images/val\nnames: ${names}`,
    'truth.json': typeof annotations === 'string' ? annotations : JSON.stringify(annotations),
    ...Object.fromEntries(images.map((name) => [`images/val/${name}`, ''])),
  });
  return loadDataset(join(root, 'data.yaml'), {
    split: 'val',
    family,
    annotations: join(root, 'truth.json'),
  });
}

const IMAGE = { id: 7, file_name: 'a.jpg', width: 100, height: 50 };
const BOX = { id: 1, image_id: 7, category_id: 1, bbox: [10, 10, 20, 20], area: 300, iscrowd: 0 };
const CATEGORIES = [
  { id: 1, name: 'cat' },
  { id: 2, name: 'dog' },
];
const truth = (more: object = {}) => ({
  images: [IMAGE],
  annotations: [BOX],
  categories: CATEGORIES,
  ...more,
});

const stems = ({ images }: Dataset): string[] => images.map(({ path }) => basename(path, '.jpg'));

describe.each(FAMILIES)('against the references: %s', (family) => {
  const { rows, coco } = EXPECTED[family];
  const names = TRUTH.images.map(({ file_name }) => basename(file_name));
  const read = () => load(TRUTH, names, family, `[${EXPECTED.names}]`);

  it('keeps the rows of the label files that convert_coco writes', async () => {
    const found = new Map((await read()).images.map(({ path, labels }) => [basename(path), labels]));
    for (const [place, expected] of rows.entries()) {
      const labels = found.get(names[place]!);
      const read =
        labels && Array.from(labels.cls, (cls, i) => [cls, ...labels.xywhn.subarray(4 * i, 4 * i + 4)]);
      expect(read ?? null).toEqual(expected?.map((row) => row.map(Math.fround)) ?? null);
    }
  });

  it('has the twelve figures of pycocotools over the JSON itself', async () => {
    const { images } = await read();
    const evaluator = createEvaluator({ family, nc: EXPECTED.names.length });
    for (const image of images.toReversed()) {
      const entry = TRUTH.images.find(({ id }) => id === image.labels.coco!.imageId)!;
      evaluator.add({ ...image, geometry: unscaled(entry), detections: detectionsOf(entry.id) });
    }
    const figures = Object.values(evaluator.finish().coco);
    expect(figures).toHaveLength(12);
    for (const [i, figure] of figures.entries()) expect(figure).toBeCloseTo(coco[i]!, 12);
  });
});

function unscaled({ width, height }: { readonly width: number; readonly height: number }): Geometry {
  return {
    nativeWidth: width,
    nativeHeight: height,
    loadedWidth: width,
    loadedHeight: height,
    ratio: 1,
    padX: 0,
    padY: 0,
    left: 0,
    top: 0,
    width,
    height,
  };
}

function detectionsOf(imageId: number): Detections {
  const found = EXPECTED.detections.filter(([id]) => id === imageId).toSorted((a, b) => b[6] - a[6]);
  return {
    count: found.length,
    xyxy: Float32Array.from(found.flatMap(([, , x, y, w, h]) => [x, y, x + w, y + h])),
    conf: Float32Array.from(found, (row) => row[6]),
    cls: Int32Array.from(found, (row) => row[1] - 1),
  };
}

it.each([
  // printf('%g'): halves to even
  [1 / 512, 0.00195312],
  [3 / 512, 0.00585938],
  [0.1234565, 0.123456],
  [0.1234575, 0.123457],
  [-1 / 512, -0.00195312],
  [1 / 3, 0.333333],
  [0.99999951, 1],
  [0, 0],
])('sixDigits(%d) is %d', (value, expected) => {
  expect(sixDigits(value)).toBe(expected);
});

describe('a COCO JSON', () => {
  it('gives labels to each image, and to COCO its boxes as they are', async () => {
    const crowd = { ...BOX, id: 2, category_id: 2, bbox: [0, 0, 100.5, 50], area: 4000, iscrowd: 1 };
    const dataset = await load(
      truth({
        images: [IMAGE, { ...IMAGE, id: 3, file_name: 'b.jpg' }],
        annotations: [BOX, crowd],
      }),
      ['a.jpg', 'b.jpg'],
    );
    expect(dataset.images.map(({ labels }) => labels)).toEqual([
      {
        count: 1,
        cls: Int32Array.of(0),
        xywhn: Float32Array.of(0.2, 0.4, 0.2, 0.4),
        coco: {
          imageId: 7,
          width: 100,
          height: 50,
          cls: Int32Array.of(0, 1),
          ltwh: Float64Array.of(10, 10, 20, 20, 0, 0, 100.5, 50),
          area: Float64Array.of(300, 4000),
          crowd: Uint8Array.of(0, 1),
        },
      },
      {
        count: 0,
        cls: new Int32Array(0),
        xywhn: new Float32Array(0),
        coco: {
          imageId: 3,
          width: 100,
          height: 50,
          cls: new Int32Array(0),
          ltwh: new Float64Array(0),
          area: new Float64Array(0),
          crowd: new Uint8Array(0),
        },
      },
    ]);
    expect(dataset).toMatchObject({ labelCount: 1, warnings: [] });
  });

  it('may lack area and iscrowd, and begin with a byte-order mark', async () => {
    const { area: _, iscrowd: __, ...plain } = BOX;
    const dataset = await load(`\ufeff${JSON.stringify(truth({ annotations: [plain] }))}`);
    expect(dataset.images[0]!.labels.coco).toMatchObject({
      area: Float64Array.of(400),
      crowd: Uint8Array.of(0),
    });
  });

  it('leaves out images that it does not have and ignores entries without an image, and counts them', async () => {
    const images = [IMAGE, ...[8, 9].map((id) => ({ id, file_name: `${id}.jpg`, width: 'unknown' }))];
    const annotations = [
      BOX,
      { image_id: 8 },
      { image_id: 99 },
      { image_id: 7, category_id: 2, bbox: [0, 0, 1, 1] },
    ];
    const dataset = await load(truth({ images, annotations }), ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']);
    expect(stems(dataset)).toEqual(['a']);
    expect(dataset.labelCount).toBe(2);
    expect(dataset.warnings).toEqual([
      expect.stringMatching(
        /^1 annotations of .*truth\.json are of images that it does not list, and were ignored\.$/,
      ),
      expect.stringMatching(
        /^3 images of the split are not in .*truth\.json and were left out, first .*b\.jpg\.$/,
      ),
      expect.stringMatching(/^2 images of .*truth\.json are not in the split and were ignored\.$/),
    ]);
  });

  it('is told where annotations share an id', async () => {
    const dataset = await load(truth({ annotations: [BOX, { ...BOX, bbox: [1, 1, 2, 2] }] }));
    expect(dataset.labelCount).toBe(2);
    expect(dataset.warnings).toEqual([expect.stringMatching(/^1 annotations of .* have the id of another/)]);
  });

  it('is told of the annotation id that pycocotools takes for none', async () => {
    const dataset = await load(truth({ annotations: [{ ...BOX, id: 0 }] }));
    expect(dataset.warnings).toEqual([
      expect.stringMatching(/^An annotation of .* has the id 0: pycocotools/),
    ]);
  });

  it('drops an image whose label file the family would drop', async () => {
    const outside = { ...BOX, image_id: 8, bbox: [90, 10, 120, 20] };
    const images = [IMAGE, { ...IMAGE, id: 8, file_name: 'b.jpg' }];
    const dataset = await load(truth({ images, annotations: [BOX, outside] }), ['a.jpg', 'b.jpg']);
    expect(stems(dataset)).toEqual(['a']);
    expect(dataset.warnings[1]).toMatch(/b\.jpg was dropped: row 1 has the coordinate 1\.5/);
  });

  it('refuses a split in which nothing counts', async () => {
    await expect(load(truth({ annotations: [{ ...BOX, iscrowd: 1 }] }))).rejects.toThrow(
      /none of 1 has: 0 were dropped, .*looked for in .*truth\.json \(image 7\).*not only crowds/,
    );
    await expect(load(truth(), ['other.jpg'])).rejects.toThrow(
      /has none of 1, such as .*other\.jpg; its first is a\.jpg\./,
    );
    await expect(load(truth({ images: [], annotations: [] }))).rejects.toThrow(/it lists no images/);
  });
});

it('loses the classes that the model does not have, as label files do', async () => {
  const root = await folderWith({
    'data.yaml': 'val: images/val\nnames: [cat, dog]',
    'images/val/a.jpg': '',
    'truth.json': JSON.stringify(
      truth({
        annotations: [{ ...BOX, id: 2, category_id: 2, iscrowd: 1 }, BOX, { ...BOX, id: 3, category_id: 2 }],
      }),
    ),
  });
  const annotations = join(root, 'truth.json');
  const { images, labelCount } = await loadDataset(join(root, 'data.yaml'), {
    split: 'val',
    family: 'ultralytics',
    nc: 1,
    annotations,
  });
  expect(labelCount).toBe(1);
  expect(images[0]!.labels.coco).toEqual({
    imageId: 7,
    width: 100,
    height: 50,
    cls: Int32Array.of(0),
    ltwh: Float64Array.of(10, 10, 20, 20),
    area: Float64Array.of(300),
    crowd: Uint8Array.of(0),
  });
});

describe('file names', () => {
  const named = (...names: string[]) =>
    truth({
      images: names.map((file_name, id) => ({ ...IMAGE, id, file_name })),
      annotations: names.map((_, id) => ({ ...BOX, id, image_id: id, bbox: [0, 0, id + 1, 10] })),
    });
  /** Ids by image. */
  const ids = ({ images }: Dataset) => images.map(({ labels }) => labels.coco!.imageId);

  it.each([
    ['the name', ['a.jpg'], ['a.jpg'], [0]],
    ['the name below folders', ['a.jpg'], ['x/y/a.jpg'], [0]],
    ['folders too', ['y/a.jpg', 'x/a.jpg'], ['x/a.jpg', 'y/a.jpg'], [1, 0]],
    ['the longest that fits', ['a.jpg', 'x/a.jpg'], ['w/a.jpg', 'x/a.jpg'], [0, 1]],
    ['written on Windows', ['.\\x\\a.jpg'], ['x/a.jpg'], [0]],
    [
      'the last name alone, where it is the only one',
      ['val2017/a.jpg', 'val2017/b.jpg'],
      ['a.jpg', 'b.jpg'],
      [0, 1],
    ],
    ['not a part of a name', ['a.jpg', 'xa.jpg'], ['xa.jpg', 'a.jpg'], [0, 1]],
    ['not the last name alone of two images', ['p/a.jpg', 'b.jpg'], ['x/a.jpg', 'y/a.jpg', 'b.jpg'], [1]],
    ['not the last name alone of two entries', ['p/a.jpg', 'q/a.jpg', 'b.jpg'], ['a.jpg', 'b.jpg'], [2]],
  ])('%s', async (_, names, images, expected) => {
    expect(ids(await load(named(...names), images))).toEqual(expected);
  });

  it('must tell images apart', async () => {
    await expect(load(named('a.jpg'), ['x/a.jpg', 'y/a.jpg'])).rejects.toThrow(
      /"a\.jpg" of .*truth\.json fits .*x.a\.jpg and .*y.a\.jpg/,
    );
    await expect(load(named('a.jpg', './a.jpg'))).rejects.toThrow(/a\.jpg has 2 entries in .*truth\.json/);
  });
});

describe('categories', () => {
  const annotated = (
    categories: readonly (readonly [number, string])[],
    used = categories.map(([id]) => id),
  ) =>
    truth({
      categories: categories.map(([id, name]) => ({ id, name })),
      annotations: used.map((category_id, at) => ({
        ...BOX,
        id: at + 1,
        category_id,
        bbox: [0, 0, at + 1, 5],
      })),
    });
  const classes = ({ images }: Dataset) => [...images[0]!.labels.cls];

  it('are classes by name, in whatever order', async () => {
    const dataset = await load(
      annotated([
        [5, 'dog'],
        [9, 'cat'],
      ]),
    );
    expect(classes(dataset)).toEqual([1, 0]);
    expect(dataset.warnings).toEqual([]);
  });

  it('may be more than the classes where nobody uses them', async () => {
    const dataset = await load(
      annotated(
        [
          [0, 'animals'],
          [1, 'cat'],
          [2, 'dog'],
        ],
        [2],
      ),
    );
    expect(classes(dataset)).toEqual([1]);
  });

  it('are classes by the order of their ids where there are as many, with a warning', async () => {
    const dataset = await load(
      annotated([
        [90, 'Hund'],
        [13, 'cat'],
      ]),
      undefined,
      undefined,
      '[cat, dog]',
    );
    expect(classes(dataset)).toEqual([1, 0]);
    expect(dataset.warnings).toEqual([
      expect.stringMatching(/in the order of their ids: "Hund" for "dog"\.$/),
    ]);
  });

  it('are classes by order where names are there twice', async () => {
    const dataset = await load(
      annotated([
        [1, 'a'],
        [2, 'a'],
      ]),
      undefined,
      undefined,
      '[a, a]',
    );
    expect(classes(dataset)).toEqual([0, 1]);
    expect(dataset.warnings).toEqual([]);
  });

  it('are refused where neither fits, with what differs', async () => {
    await expect(
      load(
        annotated([
          [1, 'cat'],
          [2, 'dog'],
          [3, 'owl'],
        ]),
      ),
    ).rejects.toThrow(/has 3 for 2: only in the annotations: owl\. Give both/);
    await expect(
      load(
        annotated([
          [1, 'dog'],
          [2, 'Cat'],
        ]),
      ),
    ).rejects.toThrow(/only in the annotations: Cat; only in data\.yaml: cat\./);
    await expect(
      load(
        annotated([
          [1, 'cat'],
          [2, 'cat'],
          [3, 'dog'],
        ]),
      ),
    ).rejects.toThrow(/there more than once: cat/);
    await expect(load(annotated([[1, 'cat']], [1, 4]))).rejects.toThrow(/some of category 4\./);
  });
});

/** The way to every value inside a value. */
function placesIn(value: unknown): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner).map((place) => [key, ...place])),
  ];
}

/** A copy with another value at one place. */
function withValueAt(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = structuredClone(whole) as Record<string, unknown>;
  copy[key] = withValueAt(copy[key], rest, value);
  return copy;
}

describe('what is no COCO JSON is refused', () => {
  const withImage = (more: object) => truth({ images: [{ ...IMAGE, ...more }] });
  const withBox = (more: object) => truth({ annotations: [{ ...BOX, ...more }] });
  it.each<[unknown, RegExp]>([
    ['', /it is no JSON/],
    ['{"images": [NaN]}', /it is no JSON/],
    ['"text"', /it is "text"/],
    ['null', /it is null/],
    [[{ image_id: 1, category_id: 1, bbox: [0, 0, 1, 1], score: 0.5 }], /it is a list, as detections are/],
    [{}, /its `images` are missing/],
    [truth({ images: {} }), /its `images` are an object/],
    [truth({ images: [7] }), /images\[0\] is 7/],
    [truth({ categories: undefined }), /its `categories` are missing/],
    [truth({ categories: [{ id: 1 }] }), /`name` of categories\[0\] is missing/],
    [
      truth({ categories: [...CATEGORIES, { id: 1, name: 'x' }] }),
      /among the `categories`.* but 1 is there twice/,
    ],
    [truth({ images: [IMAGE, IMAGE] }), /among the `images`.* but 7 is there twice/],
    [truth({ annotations: [null] }), /annotations\[0\] is null/],
    [withImage({ id: '7' }), /`id` of images\[0\] is "7", no whole number/],
    [withImage({ file_name: 5 }), /`file_name` of images\[0\] is 5, no text/],
    [withImage({ width: undefined }), /`width` of images\[0\] is missing/],
    [withImage({ height: 0 }), /`height` of images\[0\] is 0/],
    [withImage({ width: '640' }), /`width` of images\[0\] is "640"/],
    [withBox({ image_id: 0.5 }), /`image_id` of annotations\[0\] is 0\.5/],
    [withBox({ category_id: null }), /`category_id` of annotations\[0\] is null/],
    [
      withBox({ bbox: undefined, segmentation: [[0, 0, 1, 1, 0, 1]] }),
      /annotations\[0\] has an outline but no `bbox`/,
    ],
    [withBox({ bbox: undefined }), /`bbox` of annotations\[0\] is missing/],
    [withBox({ bbox: [1, 2, 3] }), /`bbox` of annotations\[0\] is \[1, 2, 3\]/],
    [withBox({ bbox: [1, 2, 3, -4] }), /`bbox` of annotations\[0\] is \[1, 2, 3, -4\]/],
    [withBox({ bbox: [1, 2, 3, null] }), /`bbox` of annotations\[0\] is \[1, 2, 3, null\]/],
    [withBox({ bbox: ['1', '2', '3', '4'] }), /`bbox` of annotations\[0\] is \["1", "2", "3", "4"\]/],
    [
      JSON.stringify(withBox({ area: 0 })).replace('"area":0', '"area":1e999'),
      /`area` of annotations\[0\] is Infinity/,
    ],
    [withBox({ area: -1 }), /`area` of annotations\[0\] is -1/],
    [withBox({ iscrowd: 2 }), /`iscrowd` of annotations\[0\] is 2/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n', /Git LFS pointers are in their place/],
  ])('%#', async (annotations, message) => {
    await expect(load(annotations)).rejects.toThrow(message);
  });

  it('nested without end', async () => {
    const deep = 100_000;
    await expect(load(`{"images": [${'['.repeat(deep)}${']'.repeat(deep)}]}`)).rejects.toThrow(
      /images\[0\] is \[\[…\]\]/,
    );
  });

  it('whatever stands in the place of a value, it is read or refused', async () => {
    const root = await folderWith({ 'd.yaml': 'val: i\nnames: [cat, dog]', 'i/a.jpg': '', 'i/b.jpg': '' });
    const annotations = join(root, 'truth.json');
    const whole = truth({
      images: [IMAGE, { ...IMAGE, id: 8, file_name: 'b.jpg' }],
      annotations: [BOX, { ...BOX, id: 2, image_id: 8, category_id: 2 }],
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...placesIn(whole)),
        fc.jsonValue({ maxDepth: 2 }),
        async (place, value) => {
          await writeFile(annotations, JSON.stringify(withValueAt(whole, place, value)));
          const reading = loadDataset(join(root, 'd.yaml'), {
            split: 'val',
            family: 'ultralytics',
            annotations,
          });
          const outcome = await reading.catch((error: unknown) => error);
          if (outcome instanceof UserError) return;
          expect(outcome).toMatchObject({ labelCount: expect.any(Number) });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a file that is missing, a folder, or of absurd size, which is not read', async () => {
    const root = await folderWith({ 'd.yaml': 'val: i\nnames: [cat]', 'i/a.jpg': '', 'huge.json': '' });
    await truncate(join(root, 'huge.json'), 2 ** 33);
    const from = (name: string) =>
      loadDataset(join(root, 'd.yaml'), { split: 'val', family: 'yolov5', annotations: join(root, name) });
    await expect(from('none.json')).rejects.toThrow(/none\.json is not: it is not there/);
    await expect(from('i')).rejects.toThrow(/it is no file/);
    await expect(from('huge.json')).rejects.toThrow(
      /must not be larger than 268435456 bytes, but .*huge\.json has 8589934592/,
    );
  });
});
