// Our `reconstruct` beside onnxsim's SparseGPT, in one run, on the same tensors:
// `node scripts/dev.mjs node bench/onnxsim.ts PYTHON MODEL DATA_YAML CALIBRATION_FOLDER`, where PYTHON has onnxsim 0.8.1.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pixelsOf, readPicture } from '../src/calibrate/picture.ts';
import { startReconstructPool } from '../src/prune/reconstruct/pool.ts';
import { Reconstruction } from '../src/prune/reconstruct/reconstruct.ts';
import { loadNativeParts } from '../src/runtime/load.ts';
import { ScratchFolder } from '../src/scratch.ts';
import { arrange } from '../src/validate/detect.ts';
import { openSubject } from './subject.ts';

const IMAGES = 60;
const [python, modelPath, yaml, calibration] = process.argv.slice(2) as [string, string, string, string];
const subject = await openSubject(modelPath, yaml);
const { model, detector, folder } = subject;
const { input, width, height } = detector;
const scratch = new ScratchFolder(new AbortController().signal);
const images = readdirSync(calibration)
  .sort()
  .slice(0, IMAGES)
  .map((file) => join(calibration, file));

const tensors = join(folder, 'tensors');
mkdirSync(tensors);
const { sharp } = loadNativeParts(import.meta.filename);
for (const [i, path] of images.entries()) {
  const picture = await readPicture(sharp, path, detector);
  if (typeof picture === 'string') continue;
  writeFileSync(join(tensors, `${String(i).padStart(3, '0')}.bin`), pixelsOf(picture, detector));
}

const mAP = async (bytes: Uint8Array) => (await subject.validate(bytes)).metrics.mAP50_95;

async function ours(setting: string): Promise<readonly [figure: number, seconds: number]> {
  const method = setting.includes(':') ? (`reconstruct-${setting}` as 'reconstruct-2:4') : 'reconstruct';
  const started = performance.now();
  const solvers = startReconstructPool(import.meta.url, arrange(0).workers);
  const options = { detector, images, seed: 0, scratch };
  const reconstruction = new Reconstruction(solvers, model, { method, exclude: [] }, options);
  const { bytes } = await reconstruction.prune(method === 'reconstruct' ? Number(setting) : 0.5);
  const seconds = (performance.now() - started) / 1000;
  await solvers.close();
  return [await mAP(bytes), seconds];
}

async function theirs(setting: string): Promise<readonly [figure: number, seconds: number]> {
  const output = join(folder, 'theirs.onnx');
  const script = fileURLToPath(new URL('./peer_onnxsim.py', import.meta.url));
  const shape = `1,3,${height},${width}`;
  const args = [script, modelPath, tensors, shape, input.name, setting, output];
  const { stdout, stderr, status } = spawnSync(python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return [await mAP(readFileSync(output)), Number(stdout.trim().split('\n').at(-1))];
}

console.log(`unpruned ${(await mAP(model.bytes)).toFixed(4)}, ${images.length} images`);
for (const setting of ['0.5', '2:4']) {
  const [ourFigure, ourSeconds] = await ours(setting);
  const [theirFigure, theirSeconds] = await theirs(setting);
  console.log(
    `${setting.padEnd(4)} reconstruct ${ourFigure.toFixed(4)} in ${ourSeconds.toFixed(1)} s, ` +
      `onnxsim ${theirFigure.toFixed(4)} in ${theirSeconds.toFixed(1)} s: ` +
      `${(ourFigure - theirFigure).toFixed(4)} more mAP50-95, ${(theirSeconds / ourSeconds).toFixed(1)} times as fast`,
  );
}
await subject.close();
scratch.remove();
