// Writes a model of Conv layers as large detectors have them, up to a size: `large-model.ts FILE BYTES`.
import { writeFileSync } from 'node:fs';
import { mulberry32 } from '../src/calibrate/random.ts';
import { GraphWriter } from '../src/onnx/graph-writer.ts';

/** Output channels, input channels, kernel side. */
const SHAPES = [
  [320, 160, 3],
  [320, 320, 1],
  [640, 320, 3],
  [640, 640, 1],
  [640, 640, 3],
  [960, 640, 3],
  [1280, 960, 1],
] as const;

const [file, size] = process.argv.slice(2) as [string, string];
const writer = new GraphWriter();
writer.input({ name: 'images', dims: [1, 3, 64, 64] });
const random = mulberry32(1);
let written = 0;
for (let layer = 0; written < Number(size); layer++) {
  const [out, channels, side] = SHAPES[layer % SHAPES.length]!;
  const fits = Math.min(out, Math.ceil((Number(size) - written) / (4 * channels * side * side)));
  const values = new Float32Array(fits * channels * side * side);
  for (let i = 0; i < values.length; i++) values[i] = (random() + random() + random() - 1.5) * 0.02;
  const name = `model.${layer}.conv.weight`;
  writer.copyInitializer({
    name,
    dims: [fits, channels, side, side].map(BigInt),
    dataType: 1,
    rawData: new Uint8Array(values.buffer),
  });
  writer.output(writer.add('Conv', ['images', name], { kernel_shape: [side, side] }));
  written += values.byteLength;
}
writeFileSync(file, writer.finish());
