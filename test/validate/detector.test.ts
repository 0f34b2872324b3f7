import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { type DetectorOptions, describeDetector, type TensorInfo } from '../../src/validate/detector.ts';

type Shape = readonly (number | string)[];

const NAMES = ['person', 'bicycle', 'car', 'bus'];
const DYNAMIC: Shape = ['batch', 3, 'height', 'width'];

function names(count: number): ReadonlyMap<number, string> {
  return new Map(Array.from({ length: count }, (_, index) => [index, NAMES[index] ?? `class${index}`]));
}

function python(count: number): string {
  return `{${[...names(count)].map(([index, name]) => `${index}: '${name}'`).join(', ')}}`;
}

const tensor = (name: string, shape: Shape, type = 'float32'): TensorInfo => ({ name, type, shape });

interface Given {
  readonly input?: Shape | readonly TensorInfo[];
  readonly output: Shape | readonly TensorInfo[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** Classes of the data set. */
  readonly nc?: number;
  readonly options?: Partial<DetectorOptions>;
}

const tensors = (given: Shape | readonly TensorInfo[], name: string) =>
  given.every((entry) => typeof entry === 'object') && given.length ? given : [tensor(name, given as Shape)];

function detector({ input = [1, 3, 640, 640], output, metadata = {}, nc = 80, options = {} }: Given) {
  return describeDetector(
    {
      inputs: tensors(input, 'images'),
      outputs: tensors(output, 'output0'),
      metadata: new Map(Object.entries(metadata)),
    },
    { imgsz: null, protocol: 'auto', datasetNames: names(nc), datasetNc: nc, ...options },
  );
}

function refusal(given: Given): UserError {
  try {
    detector(given);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const ULTRALYTICS = { stride: '32', task: 'detect', imgsz: '[640, 640]', end2end: 'False' };

test('describes a model whole', () => {
  expect(
    detector({
      input: [tensor('images', [4, 3, 384, 640], 'float16')],
      output: [tensor('output0', [4, 84, 5040], 'float16')],
      metadata: { ...ULTRALYTICS, names: python(80) },
    }),
  ).toEqual({
    input: { name: 'images', type: 'float16', batch: 4 },
    output: 'output0',
    width: 640,
    height: 384,
    rect: null,
    head: 'anchor-free',
    family: 'ultralytics',
    nc: 80,
    names: names(80),
    stride: 32,
    warnings: [],
  });
});

describe('layouts', () => {
  test.each<[string, Given, string, number]>([
    ['yolov5', { output: [1, 25200, 85] }, 'yolov5', 80],
    ['yolov5 at another size', { input: [1, 3, 416, 416], output: [1, 10647, 9], nc: 4 }, 'yolov5', 4],
    ['yolov5 with four grids', { input: [1, 3, 1280, 1280], output: [1, 102000, 85] }, 'yolov5', 80],
    ['yolov5 with five grids', { input: [1, 3, 1280, 1280], output: [1, 102300, 85] }, 'yolov5', 80],
    ['yolov5 with one class: six numbers a row', { output: [1, 25200, 6], nc: 1 }, 'yolov5', 1],
    ['yolov5 with two grids', { input: [1, 3, 416, 416], output: [1, 2535, 85] }, 'yolov5', 80],
    ['anchor-free', { output: [1, 84, 8400] }, 'anchor-free', 80],
    ['anchor-free with two classes: six channels', { output: [1, 6, 8400], nc: 2 }, 'anchor-free', 2],
    ['anchor-free with one class', { output: [1, 5, 8400], nc: 1 }, 'anchor-free', 1],
    [
      'anchor-free with more channels than boxes',
      { input: [1, 3, 64, 64], output: [1, 1207, 84], nc: 1203 },
      'anchor-free',
      1203,
    ],
    [
      'end to end',
      { output: [1, 300, 6], metadata: { ...ULTRALYTICS, end2end: 'True', names: python(80) } },
      'end2end',
      80,
    ],
    ['end to end without metadata', { output: [1, 300, 6], nc: 3 }, 'end2end', 3],
    ['end to end with one class', { output: [1, 300, 6], nc: 1 }, 'end2end', 1],
    [
      'end to end with as many rows as yolov5 has',
      { output: [1, 25200, 6], metadata: { end2end: 'True' }, nc: 1 },
      'end2end',
      1,
    ],
    ['a square shape, by its grid', { input: [1, 3, 64, 64], output: [1, 84, 84] }, 'anchor-free', 80],
    [
      'both grids, by the metadata',
      { input: [1, 3, 64, 64], output: [1, 252, 84], metadata: { names: python(79) }, nc: 79 },
      'yolov5',
      79,
    ],
    [
      'both grids, by the data set',
      { input: [1, 3, 64, 64], output: [1, 252, 84], nc: 248 },
      'anchor-free',
      248,
    ],
    [
      'dynamic yolov5',
      { input: DYNAMIC, output: ['batch', 'anchors', 85], metadata: { imgsz: '[640, 640]' } },
      'yolov5',
      80,
    ],
    [
      'dynamic anchor-free',
      { input: DYNAMIC, output: ['batch', 84, 'anchors'], metadata: ULTRALYTICS },
      'anchor-free',
      80,
    ],
    [
      'dynamic end to end',
      { input: DYNAMIC, output: ['batch', 'rows', 6], metadata: ULTRALYTICS, nc: 1 },
      'end2end',
      1,
    ],
    [
      'dynamic yolov5 with one class',
      {
        input: DYNAMIC,
        output: ['batch', 'anchors', 6],
        nc: 1,
        options: { imgsz: { width: 640, height: 640 } },
      },
      'yolov5',
      1,
    ],
    [
      'nothing known, by Ultralytics metadata',
      { output: ['', '', ''], metadata: ULTRALYTICS },
      'anchor-free',
      80,
    ],
    [
      'nothing known, end to end',
      { output: [], metadata: { ...ULTRALYTICS, end2end: 'True' } },
      'end2end',
      80,
    ],
    [
      'nothing known, by yolov5 metadata',
      { output: [], metadata: { stride: '32', names: python(80) } },
      'yolov5',
      80,
    ],
    [
      'old yolov5 with its feature maps beside',
      {
        output: [
          tensor('output', [1, 25200, 85]),
          tensor('403', [1, 3, 80, 80, 85]),
          tensor('461', [1, 3, 40, 40, 85]),
        ],
      },
      'yolov5',
      80,
    ],
  ])('%s', (_, given, head, nc) => {
    const found = detector(given);
    expect(found).toMatchObject({ head, nc, family: head === 'yolov5' ? 'yolov5' : 'ultralytics' });
    expect(found.warnings.filter((warning) => warning.includes('grids'))).toEqual([]);
  });

  test('reads other grids by the number of classes and says so', () => {
    const custom = detector({ output: [1, 8400, 85] });
    expect(custom).toMatchObject({ head: 'yolov5', nc: 80 });
    expect(custom.warnings).toEqual([
      expect.stringContaining('8400 boxes are not what grids of a 640×640 input make'),
    ]);
    expect(detector({ output: [1, 84, 1234] })).toMatchObject({ head: 'anchor-free', nc: 80 });
  });

  test.each<[string, Given]>([
    ['a transposed anchor-free output', { output: [1, 8400, 84] }],
    ['a transposed yolov5 output', { output: [1, 85, 25200] }],
    ['a DETR output', { output: [1, 300, 84] }],
    ['both grids and another number of classes', { input: [1, 3, 64, 64], output: [1, 252, 84], nc: 3 }],
    ['one class or two in rows of six', { output: [1, 8400, 6], nc: 3 }],
    ['no clue at all', { output: ['a', 'b', 'c'] }],
  ])('refuses %s', (_, given) => {
    expect(refusal(given).message).toMatch(
      /must be \[batch, boxes, 5 \+ classes\] or \[batch, 4 \+ classes, boxes\] or/,
    );
  });
});

describe('size', () => {
  const dynamic = { input: DYNAMIC, output: ['batch', 84, 'anchors'] };

  test('is the model’s where it is fixed', () => {
    expect(detector({ output: [1, 84, 8400], metadata: { imgsz: '[320, 320]' } })).toMatchObject({
      width: 640,
      height: 640,
    });
    expect(
      detector({ output: [1, 84, 8400], options: { imgsz: { width: 640, height: 640 } } }).warnings,
    ).toEqual([]);
  });

  test('is the given one, else the metadata’s, where it is open', () => {
    const metadata = { ...ULTRALYTICS, imgsz: '[384, 640]' };
    expect(detector({ ...dynamic, metadata })).toMatchObject({
      width: 640,
      height: 384,
      input: { batch: 'dynamic' },
    });
    expect(detector({ ...dynamic, metadata, options: { imgsz: { width: 320, height: 256 } } })).toMatchObject(
      {
        width: 320,
        height: 256,
      },
    );
  });

  test('is rounded up to the stride', () => {
    const rounded = detector({
      ...dynamic,
      metadata: { stride: '64' },
      options: { imgsz: { width: 650, height: 640 } },
    });
    expect(rounded).toMatchObject({ width: 704, height: 640, stride: 64 });
    expect(rounded.warnings[0]).toContain('imgsz 650×640 is rounded up to 704×640');
    const fixed = { output: [1, 84, 8400], options: { imgsz: { width: 630, height: 640 } } };
    expect(detector(fixed)).toMatchObject({ width: 640, height: 640 });
  });

  test('is refused when the model’s is another', () => {
    const error = refusal({ output: [1, 84, 8400], options: { imgsz: { width: 320, height: 320 } } });
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toContain(
      "must be the size of the model's input, 640×640 (width × height); it was 320×320",
    );
    expect(
      refusal({
        input: [1, 3, 'h', 640],
        output: ['b', 84, 'n'],
        options: { imgsz: { width: 320, height: 320 } },
      }).message,
    ).toContain('640×320');
  });

  test('is asked for when nothing says it', () => {
    const error = refusal({ ...dynamic, metadata: { names: python(80) } });
    expect(error).toMatchObject({ kind: 'input' });
    expect(error.message).toContain('imgsz must be given');
  });

  test('is that of rectangles near the pictures’ shapes where `yolo val` takes such', () => {
    const rect = { imgsz: 640, stride: 32 };
    expect(detector({ ...dynamic, metadata: ULTRALYTICS })).toMatchObject({ rect, warnings: [] });
    expect(detector({ output: [1, 84, 8400], metadata: ULTRALYTICS }).rect).toBeNull();
    expect(detector({ ...dynamic, output: ['batch', 'n', 85], metadata: ULTRALYTICS })).toMatchObject({
      family: 'yolov5',
      rect: null,
      warnings: [],
    });
  });

  test.each([
    ['imgsz has two sides', { options: { imgsz: { width: 320, height: 256 } } }],
    ['one side is fixed', { input: ['batch', 3, 640, 'width'] }],
    ['the batch is fixed', { input: [1, 3, 'height', 'width'], output: [1, 84, 'anchors'] }],
  ])('is the same for all, with a warning, where %s', (_, given) => {
    const found = detector({ ...dynamic, metadata: ULTRALYTICS, ...given });
    expect(found.rect).toBeNull();
    expect(found.warnings).toEqual([expect.stringContaining('rectangles')]);
  });
});

describe('classes', () => {
  test('are refused when they are not as many as data.yaml has', () => {
    const error = refusal({ output: [1, 84, 8400], metadata: { names: python(80) }, nc: 2 });
    expect(error).toMatchObject({ kind: 'model' });
    expect(error.message).toContain('as many classes as data.yaml, 2; it has 80.');
    expect(error.message).toContain('Only in the model: car, bus, class4 and 75 more.');
    expect(error.message).not.toContain('Only in data.yaml');
    expect(
      refusal({ output: [1, 300, 6], metadata: { end2end: 'True', names: python(80) }, nc: 3 }).message,
    ).toContain('data.yaml, 3; it has 80.');
  });

  test.each([
    ['segmentation', 4 + 80 + 32, 80],
    ['pose', 4 + 1 + 51, 1],
    ['oriented boxes', 4 + 15 + 1, 15],
  ])('are too many in a model for %s', (task, channels, nc) => {
    expect(refusal({ output: [1, channels, 8400], nc }).message).toContain(task);
  });

  test('are compared by name', () => {
    const given = { output: [1, 8, 8400], nc: 4 };
    expect(detector({ ...given, metadata: { names: python(4) } }).warnings).toEqual([]);
    expect(detector({ ...given, metadata: { names: "['person', 'bike', 'car', 'bus']" } }).warnings).toEqual([
      'Class names differ: 1 is "bike" in the model and "bicycle" in data.yaml. Classes are compared by index.',
    ]);
    expect(
      detector({ ...given, metadata: { names: "['bus', 'person', 'bicycle', 'car']" } }).warnings,
    ).toEqual([
      'The model and data.yaml have the same classes in another order: 0 is "bus" in the model and "person" in data.yaml, ' +
        '1 is "person" in the model and "bicycle" in data.yaml, 2 is "bicycle" in the model and "car" in data.yaml, ' +
        'and 1 more differ. Classes are compared by index.',
    ]);
  });

  test('come from the output when the metadata is about another model', () => {
    const odd = detector({ output: [1, 8, 8400], metadata: { names: python(80) }, nc: 4 });
    expect(odd).toMatchObject({ nc: 4, names: null });
    expect(odd.warnings).toEqual([expect.stringContaining('names 80 classes')]);
  });

  test('are read on when names cannot be', () => {
    const broken = detector({ output: [1, 84, 8400], metadata: { names: '{0: person}' } });
    expect(broken).toMatchObject({ nc: 80, names: null });
    expect(broken.warnings).toEqual([expect.stringContaining('"names" is ignored')]);
  });
});

describe('protocol', () => {
  test('decides the family, and warns where no reference reads the head', () => {
    const given = (protocol: 'yolov5' | 'ultralytics' | 'coco') =>
      detector({ output: [1, 25200, 85], options: { protocol } });
    expect(given('yolov5')).toMatchObject({ family: 'yolov5', warnings: [] });
    expect(given('coco')).toMatchObject({ family: 'yolov5', warnings: [] });
    expect(given('ultralytics')).toMatchObject({
      family: 'ultralytics',
      warnings: [expect.stringContaining('no reference to compare')],
    });
  });

  test('warns of NMS within the model', () => {
    const built = detector({ output: [1, 300, 6], metadata: { ...ULTRALYTICS, args: "{'nms': True}" } });
    expect(built).toMatchObject({
      head: 'end2end',
      warnings: [expect.stringContaining('NMS is part of the model')],
    });
  });
});

describe('refuses', () => {
  const good = { output: [1, 84, 8400] };
  test.each<[string, Given, string | RegExp]>([
    [
      'a classifier by its task',
      { output: [1, 101], metadata: { task: 'classify' } },
      'image classification',
    ],
    [
      'a classifier by its output',
      { output: [1, 101] },
      'image classification: its output is output0 [1, 101]',
    ],
    ['segmentation by its task', { ...good, metadata: { task: 'segment' } }, 'instance segmentation'],
    [
      'segmentation by its prototypes',
      { output: [tensor('output0', [1, 116, 8400]), tensor('output1', [1, 32, 160, 160])] },
      'instance segmentation',
    ],
    ['pose by its task', { ...good, metadata: { task: 'pose' } }, 'pose estimation'],
    ['pose by its keypoints', { ...good, metadata: { kpt_shape: '[17, 3]' } }, 'pose estimation'],
    ['an RT-DETR by its head', { output: [1, 300, 6], metadata: { head: 'RTDETRDecoder' } }, 'RT-DETR'],
    [
      'an RT-DETR by its description',
      { output: [1, 300, 84], metadata: { description: 'Ultralytics rtdetr-l model' } },
      'RT-DETR',
    ],
    ['oriented boxes', { ...good, metadata: { task: 'obb' } }, 'oriented boxes'],
    ['a task of tomorrow', { ...good, metadata: { task: 'dream' } }, 'the task "dream"'],
    [
      'raw heads in five dimensions',
      { output: [tensor('a', [1, 3, 80, 80, 85]), tensor('b', [1, 3, 40, 40, 85])] },
      /feature maps.*--train.*--grid/,
    ],
    [
      'raw heads in four dimensions',
      { output: [tensor('a', [1, 255, 80, 80]), tensor('b', [1, 255, 40, 40])] },
      'feature maps',
    ],
    ['one raw head', { output: [1, 144, 80, 80] }, 'feature maps'],
    [
      'NMS with several outputs',
      {
        output: [
          tensor('num_dets', [1, 1]),
          tensor('det_boxes', [1, 100, 4]),
          tensor('det_scores', [1, 100]),
        ],
      },
      'NMS built in',
    ],
    ['NMS with rows for the whole batch', { output: ['Concatoutput', 7] }, 'NMS built in'],
    ['an output of one dimension', { output: [8400] }, 'three dimensions'],
    [
      'an integer output',
      { output: [tensor('output0', [1, 84, 8400], 'int8')] },
      'float32 or float16; output0 is int8',
    ],
    [
      'an integer input',
      { ...good, input: [tensor('images', [1, 3, 640, 640], 'uint8')] },
      'float32 or float16; images is uint8',
    ],
    ['grey pictures', { ...good, input: [1, 1, 640, 640] }, 'three colours'],
    ['four channels', { ...good, input: [1, 4, 640, 640] }, 'three colours'],
    ['channels behind', { ...good, input: [1, 640, 640, 3] }, 'channels first'],
    ['no picture', { ...good, input: [1, 512] }, 'three colours'],
    [
      'two inputs',
      { ...good, input: [tensor('images', [1, 3, 640, 640]), tensor('text', [1, 77])] },
      'one input, the picture; it has images [1, 3, 640, 640], text [1, 77].',
    ],
  ])('%s', (_, given, message) => {
    const error = refusal(given);
    expect(error).toMatchObject({ kind: 'model' });
    expect(error.message).toMatch(message);
  });
});
