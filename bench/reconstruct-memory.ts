// Peak memory of `reconstruct` on a network of YOLOv5x's layers with drawn weights, 86 million of them, at 160×160 pixels:
// `node scripts/dev.mjs node bench/reconstruct-memory.ts [AMOUNT]`. What statistics and solver take does not depend on the
// picture's size, which only makes it slower.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mulberry32 } from '../src/calibrate/random.ts';
import { GraphWriter } from '../src/onnx/graph-writer.ts';
import { parseModel } from '../src/onnx/model-file.ts';
import { startReconstructPool } from '../src/prune/reconstruct/pool.ts';
import { Reconstruction } from '../src/prune/reconstruct/reconstruct.ts';
import { loadNativeParts } from '../src/runtime/load.ts';
import { ScratchFolder } from '../src/scratch.ts';
import { arrange } from '../src/validate/detect.ts';
import type { Detector } from '../src/validate/detector.ts';

const SIZE = 160;
const IMAGES = 16;
const detector: Detector = {
  input: { name: 'images', type: 'float32', batch: 1 },
  output: 'boxes',
  width: SIZE,
  height: SIZE,
  rect: null,
  head: 'anchor-free',
  family: 'ultralytics',
  nc: 80,
  names: null,
  stride: null,
  warnings: [],
};

/** YOLOv5x's widths and depths in one line of Convs: 3×3 with stride 2, then bottlenecks of 1×1 and 3×3. */
function network(): Uint8Array {
  const random = mulberry32(1);
  const graph = new GraphWriter();
  let count = 0;
  const conv = (x: string, from: number, to: number, kernel: number, stride = 1): string => {
    const scale = 2 / Math.sqrt(from * kernel ** 2);
    const values = Float32Array.from({ length: to * from * kernel ** 2 }, () => (random() - 0.5) * scale);
    const name = `w${count++}`;
    const dims = [to, from, kernel, kernel].map(BigInt);
    graph.copyInitializer({ name, dims, dataType: 1, rawData: new Uint8Array(values.buffer) });
    const pad = (kernel - 1) >> 1;
    const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad] };
    return graph.add('Relu', [graph.add('Conv', [x, name], attributes)]);
  };
  let x = conv(graph.input({ name: 'images', dims: [1, 3, SIZE, SIZE] }), 3, 80, 6, 2);
  let width = 80;
  for (const [next, depth] of [
    [160, 4],
    [320, 8],
    [640, 12],
    [1280, 4],
    // The head has as many bottlenecks at these widths as the backbone's.
    [1280, 4],
  ] as const) {
    x = conv(x, width, next, 3, next === width ? 1 : 2);
    const half = next / 2;
    x = conv(x, next, half, 1);
    for (let i = 0; i < depth; i++) x = conv(conv(x, half, half, 1), half, half, 3);
    x = conv(x, half, next, 1);
    width = next;
  }
  const places = (SIZE / 32) ** 2;
  graph.copy({
    opType: 'Reshape',
    input: [conv(x, width, 84, 1), graph.ints([1, 84, places])],
    output: ['boxes'],
  });
  graph.output('boxes');
  return graph.finish();
}

const folder = await mkdtemp(join(tmpdir(), 'bench-memory-'));
const { sharp } = loadNativeParts(import.meta.filename);
const random = mulberry32(2);
const images: string[] = [];
for (let i = 0; i < IMAGES; i++) {
  images.push(join(folder, `${i}.png`));
  const data = Uint8Array.from({ length: 3 * SIZE ** 2 }, () => random() * 256);
  await sharp(data, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .blur(2)
    .toFile(images[i]!);
}

const model = parseModel('large.onnx', network());
const scratch = new ScratchFolder(new AbortController().signal);
const pool = startReconstructPool(import.meta.url, arrange(2).workers);
const started = performance.now();
const options = { detector, images, seed: 0, scratch };
const reconstruction = new Reconstruction(pool, model, { method: 'reconstruct', exclude: [] }, options);
const pruned = await reconstruction.prune(Number(process.argv[2] ?? 0.5));
await pool.close();
scratch.remove();
await rm(folder, { recursive: true });
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 2 ** 20;
console.log(
  `${pruned.weights.toLocaleString('en')} weights, ${(model.bytes.length / 2 ** 20).toFixed(0)} MiB of model, ` +
    `${pruned.zeros.toLocaleString('en')} zeros: ${((performance.now() - started) / 1000).toFixed(0)} s, peak memory ${peak.toFixed(2)} GiB`,
);
