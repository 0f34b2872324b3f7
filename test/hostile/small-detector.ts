import { floats, message, node, tensor } from '../helpers/onnx-file.ts';

type Size = number | string;

/** What to make of a detector that is as small as can be; a text is an open dimension. */
export interface SmallDetector {
  readonly batch?: Size;
  readonly height?: Size;
  readonly width?: Size;
  /** Boxes as the model says, and as it really makes. */
  readonly boxes?: Size;
  readonly made?: number;
  readonly classes?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** More nodes and weights. */
  readonly nodes?: readonly Uint8Array[];
  readonly weights?: readonly Uint8Array[];
}

/** A model that gives every picture the same row of numbers, 252 times, as yolov5 does for 64 × 64 pixels. */
export function smallDetector({
  batch = 1,
  height = 64,
  width = 64,
  boxes = 252,
  made = 252,
  classes = 3,
  metadata = {},
  nodes = [],
  weights = [],
}: SmallDetector = {}): Uint8Array {
  const channels = 5 + classes;
  const values = Array.from({ length: channels * 3 }, (_, i) => ((i * 37) % 11) / 11);
  const strides = message([
    [1, 'strides'],
    [8, 8],
    [8, 8],
    [20, 7],
  ]);
  const graph = message([
    ...[
      node({ op: 'Conv', inputs: ['images', 'w'], outputs: ['c'], name: 'conv', attributes: [strides] }),
      node({ op: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] }),
      node({ op: 'Reshape', inputs: ['p', 'row'], outputs: ['r'] }),
      node({ op: 'Expand', inputs: ['r', 'shape'], outputs: ['output'] }),
      ...nodes,
    ].map((bytes) => [1, bytes] as const),
    [2, 'graph'],
    ...[
      weight('w', [channels, 3, 1, 1], values),
      integers('row', [1, 1, channels]),
      integers('shape', [1, made, channels]),
      ...weights,
    ].map((bytes) => [5, bytes] as const),
    [11, valueInfo('images', [batch, 3, height, width])],
    [12, valueInfo('output', [batch, boxes, channels])],
  ]);
  return message([
    [1, 9],
    [
      8,
      message([
        [1, ''],
        [2, 17],
      ]),
    ],
    [7, graph],
    ...Object.entries(metadata).map(
      ([key, value]) =>
        [
          14,
          message([
            [1, key],
            [2, value],
          ]),
        ] as const,
    ),
  ]);
}

export function weight(name: string, dims: readonly number[], values: readonly number[]): Uint8Array {
  return tensor({ name, dims, raw: floats(values) });
}

export function integers(name: string, values: readonly number[]): Uint8Array {
  const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return tensor({ name, dims: [values.length], dataType: 7, raw });
}

function valueInfo(name: string, dims: readonly Size[]): Uint8Array {
  const shape = message(dims.map((size) => [1, message([typeof size === 'number' ? [1, size] : [2, size]])]));
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, 1],
            [2, shape],
          ]),
        ],
      ]),
    ],
  ]);
}
