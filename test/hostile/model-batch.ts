// Puts damaged copies of a model through everything that a run does with one: `model-batch FOLDER KIND COUNT`, with KIND `cut`
// (ended after each share of the length) or `changed` (one to eight bytes). Prints what came of them as JSON; an exception that is
// no message for the user ends it red, with the number of the copy.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/errors.ts';
import { parseModel } from '../../src/onnx/model-file.ts';
import { DETECTION_DEFAULTS } from '../../src/protocol.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import { loadNativeParts } from '../../src/runtime/load.ts';
import { describeDetector } from '../../src/validate/detector.ts';
import { decode } from '../../src/validate/heads/index.ts';
import { batchSize, describeSession, infer, openSession } from '../../src/validate/session.ts';
import { damaged } from './damage.ts';

const [folder, kind, count] = process.argv.slice(2) as [string, 'cut' | 'changed', string];
const { ort } = loadNativeParts(import.meta.filename);
const whole = readFileSync(new URL('../fixtures/models/yolov5.onnx', import.meta.url));
const path = join(folder, 'best.onnx');
const names = new Map([0, 1, 2].map((index) => [index, `class ${index}`]));
const options = { imgsz: null, protocol: 'auto', datasetNames: names, datasetNc: names.size } as const;

async function run(bytes: Uint8Array): Promise<void> {
  writeFileSync(path, bytes);
  const model = parseModel(path, bytes);
  const pruned = pruneModel(model, { method: 'l1', amount: 0.3, exclude: [] });
  writeFileSync(path, pruned.bytes);
  const session = await openSession(ort, path, { provider: 'cpu', threads: 1 });
  try {
    const detector = describeDetector({ ...describeSession(session), metadata: model.metadata }, options);
    const { input, width, height, head, family, nc } = detector;
    const length = batchSize(input) * 3 * width * height;
    const pixels = input.type === 'float16' ? new Uint16Array(length) : new Float32Array(length).fill(0.5);
    const { data, dims } = await infer(ort, session, detector, pixels);
    decode(head, data, dims, { ...DETECTION_DEFAULTS[family], nc });
  } finally {
    await session.release();
  }
}

const result = { ran: 0, refused: 0, longest: 0, mute: [] as string[] };
for (let number = 0; number < Number(count); number++) {
  const bytes =
    kind === 'cut'
      ? Uint8Array.from(whole.subarray(0, Math.floor((whole.length * number) / Number(count))))
      : damaged(whole, number);
  const started = performance.now();
  try {
    await run(bytes);
    result.ran++;
  } catch (error) {
    if (!(error instanceof UserError)) {
      console.error(`Copy ${number} (${kind}):`, error);
      process.exit(1);
    }
    result.refused++;
    if (error.problem.length < 20 || !error.remedy.endsWith('.')) result.mute.push(error.message);
  }
  result.longest = Math.max(result.longest, performance.now() - started);
}
process.stdout.write(JSON.stringify(result));
