import { describe, expect, test } from 'vitest';
import { type FeatureMap, gatherPatches, gridOf } from '../../src/calibrate/patches.ts';
import { mulberry32, sampleIndices } from '../../src/calibrate/random.ts';
import { findSites } from '../../src/calibrate/sites.ts';
import type { ConvUse, ConvWeight } from '../../src/onnx/conv-weights.ts';
import { GraphWriter } from '../../src/onnx/graph-writer.ts';
import { numbers, ort } from '../prune/reconstruct/problems.ts';

interface ConvCase {
  readonly shape: ConvWeight['shape'];
  readonly group: number;
  readonly strides: ConvUse['strides'];
  readonly dilations: ConvUse['dilations'];
  readonly pads: ConvUse['pads'];
  readonly height: number;
  readonly width: number;
}

const PLAIN = {
  group: 1,
  strides: [1, 1],
  dilations: [1, 1],
  pads: [1, 1, 1, 1],
  height: 7,
  width: 9,
} as const;
const CASES: readonly (ConvCase & { readonly name: string })[] = [
  { name: '3×3', ...PLAIN, shape: [4, 3, 3, 3] },
  { name: 'stride 2, uneven padding', ...PLAIN, shape: [2, 3, 3, 3], strides: [2, 2], pads: [0, 1, 2, 1] },
  { name: 'dilated', ...PLAIN, shape: [2, 2, 3, 3], dilations: [2, 1], pads: [2, 1, 2, 1] },
  { name: 'groups', ...PLAIN, shape: [6, 2, 3, 3], group: 3 },
  { name: 'depthwise 5×5', ...PLAIN, shape: [4, 1, 5, 5], group: 4, pads: [2, 2, 2, 2] },
  {
    name: '6×6 stem',
    ...PLAIN,
    shape: [3, 3, 6, 6],
    strides: [2, 2],
    pads: [2, 2, 2, 2],
    height: 12,
    width: 16,
  },
  { name: 'SAME_UPPER', ...PLAIN, shape: [2, 2, 3, 3], strides: [2, 2], pads: 'SAME_UPPER', height: 8 },
  { name: 'SAME_LOWER', ...PLAIN, shape: [2, 2, 2, 4], pads: 'SAME_LOWER' },
];

describe('weights times columns are what the Conv puts out', () => {
  test.each(CASES)('$name', async (item) => {
    const { shape, group, strides, dilations, pads, height, width } = item;
    const [out, channels, kernelHeight, kernelWidth] = shape;
    const x = Float32Array.from(numbers(channels * group * height * width, 1));
    const w = Float32Array.from(numbers(out * channels * kernelHeight * kernelWidth, 2));
    const graph = new GraphWriter();
    graph.input({ name: 'x', dims: [1, channels * group, height, width] });
    graph.input({ name: 'w', dims: shape });
    const padding = typeof pads === 'string' ? { auto_pad: pads } : { pads };
    graph.output(graph.add('Conv', ['x', 'w'], { strides, dilations, group, ...padding }));
    const session = await ort.InferenceSession.create(graph.finish());
    const feeds = {
      x: new ort.Tensor('float32', x, [1, channels * group, height, width]),
      w: new ort.Tensor('float32', w, [...shape]),
    };
    const expected = Object.values(await session.run(feeds))[0]!;

    const use: ConvUse = { input: 'x', output: 'y', bias: null, strides, dilations, pads };
    const tensor = { format: 'float32', count: w.length, offset: 0 } as const;
    const layer: ConvWeight = { name: 'w', nodes: ['n'], shape, group, tensor, uses: [use] };
    const site = findSites([layer]).sites[0]!;
    const map: FeatureMap = { data: x, channels: channels * group, height, width };
    const grid = gridOf(site, map);
    expect([grid.height, grid.width]).toEqual(expected.dims.slice(2));
    const places = Uint32Array.from({ length: grid.height * grid.width }, (_, i) => i);
    const output = new Float64Array(out * places.length);
    for (const segment of site.segments) {
      const patches = gatherPatches(site, segment, map, grid, places);
      for (let o = 0; o < out / group; o++) {
        const row = segment.group * (out / group) + o;
        for (const p of places) {
          for (let j = 0; j < segment.columns; j++) {
            output[row * places.length + p]! +=
              w[row * channels * kernelHeight * kernelWidth + segment.start + j]! *
              patches[p * segment.columns + j]!;
          }
        }
      }
    }
    (expected.data as Float32Array).forEach((value, i) => {
      expect(output[i]).toBeCloseTo(value, 4);
    });
  });
});

test('Convs that see the same columns share a site; those in subgraphs have none', () => {
  const tensor = { format: 'float32', count: 9, offset: 0 } as const;
  const layer = (name: string, input: string | null, stride: 1 | 2): ConvWeight => ({
    name,
    nodes: [name],
    shape: [1, 1, 3, 3],
    group: 1,
    tensor,
    uses: [
      {
        input,
        output: `${name} out`,
        bias: null,
        strides: [stride, stride],
        dilations: [1, 1],
        pads: [1, 1, 1, 1],
      },
    ],
  });
  const { sites, ofLayer } = findSites([
    layer('a', 'x', 1),
    layer('b', 'x', 1),
    layer('c', 'x', 2),
    layer('d', null, 1),
  ]);
  expect([sites.length, ofLayer]).toEqual([2, [[0], [0], [1], []]]);
});

test('sampled places are different ones, in order, the same for the same seed', () => {
  const sample = () => [...sampleIndices(mulberry32(4), 1000, 50)];
  expect(sample()).toEqual(sample());
  expect(new Set(sample()).size).toBe(50);
  expect(sample()).toEqual(sample().sort((a, b) => a - b));
  expect([...sampleIndices(mulberry32(4), 3, 50)]).toEqual([0, 1, 2]);
});
