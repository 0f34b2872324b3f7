import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseModel } from '../../src/onnx/model-file.ts';
import type { DetectionOptions, Family } from '../../src/protocol.ts';
import { pruneModel } from '../../src/prune/prune-model.ts';
import { loadNativeParts, type NativeParts } from '../../src/runtime/load.ts';
import { detectAll, loadModel, startDetectPool } from '../../src/validate/detect.ts';
import { type Detector, describeDetector } from '../../src/validate/detector.ts';
import { decode, type HeadName } from '../../src/validate/heads/index.ts';
import { decodeImage } from '../../src/validate/image/decode.ts';
import { fitPicture, letterbox } from '../../src/validate/image/letterbox.ts';
import { layIntoTensor, toTensor, toTensorFloat16 } from '../../src/validate/image/tensor.ts';
import { rectangles } from '../../src/validate/rectangles.ts';
import { batchSize, describeSession, infer, openSession } from '../../src/validate/session.ts';
import type { Detections, Sample } from '../../src/validate/types.ts';
import { webassemblyBase } from '../helpers/webassembly.ts';

/** Left, top, right, bottom, confidence, class. */
type Row = readonly [number, number, number, number, number, number];

interface Case {
  readonly name: string;
  readonly head: HeadName;
  readonly nc: number;
  readonly size: readonly [height: number, width: number];
  readonly batch: number;
  readonly dtype: 'float32' | 'float16';
  readonly dynamic: boolean;
  readonly picture: string;
  /** Zeros after pruning, and weights, by name; the DFL's is none of them. */
  readonly zeros: Readonly<Record<string, readonly [zeros: number, weights: number]>>;
  readonly detections: readonly Row[];
  readonly detectionsPruned: readonly Row[];
}

const FIXTURES = fileURLToPath(new URL('../fixtures/models/', import.meta.url));
const { thresholds, cases } = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as {
  readonly thresholds: Readonly<Record<Family, DetectionOptions>>;
  readonly cases: readonly Case[];
};
const SESSION = { provider: 'cpu', threads: 1 } as const;
const BACKENDS = [
  ['machine code', import.meta.filename],
  ['WebAssembly', await webassemblyBase()],
] as const;

const modelPath = ({ name }: Case) => join(FIXTURES, `${name}.onnx`);
const readModel = (given: Case) => parseModel(given.name, new Uint8Array(readFileSync(modelPath(given))));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(given: Case, path: string, { ort }: NativeParts) {
  const session = await openSession(ort, path, SESSION);
  const { dynamic, nc, size } = given;
  const detector = describeDetector(
    { ...describeSession(session), metadata: readModel(given).metadata },
    {
      imgsz: dynamic ? { height: size[0], width: size[1] } : null,
      protocol: 'auto',
      datasetNames: new Map(Array.from({ length: nc }, (_, index) => [index, `class ${index}`])),
      datasetNc: nc,
    },
  );
  return { session, detector };
}

const optionsOf = ({ family, nc }: Detector) => ({ ...thresholds[family], nc });

async function detect(given: Case, path: string, native: NativeParts): Promise<Detections> {
  const { ort, sharp } = native;
  const { session, detector } = await open(given, path, native);
  const { image } = letterbox(
    await decodeImage(sharp, join(FIXTURES, given.picture), detector.family),
    detector,
    detector.family,
  );
  const length = batchSize(detector.input) * 3 * detector.width * detector.height;
  const pixels = given.dtype === 'float16' ? new Uint16Array(length) : new Float32Array(length);
  if (pixels instanceof Float32Array) toTensor(image, pixels);
  else toTensorFloat16(image, pixels);
  const { data, dims } = await infer(ort, session, detector, pixels);
  await session.release();
  return decode(detector.head, data, dims, optionsOf(detector));
}

/**
 * The other side ran another build of ONNX Runtime on another processor, whose kernels add up in another order (AVX2,
 * AVX-512): up to 2⁻¹⁹ of a float32 number was seen between two machines.
 */
function expectRows(
  { count, xyxy, conf, cls }: Detections,
  expected: readonly Row[],
  dtype: Case['dtype'],
): void {
  const digit = dtype === 'float16' ? 2 ** -10 : 2 ** -17;
  expect(count).toBe(expected.length);
  expect([...cls.subarray(0, count)]).toEqual(expected.map((row) => row[5]));
  for (const [index, row] of expected.entries()) {
    expect(Math.abs(conf[index]! - row[4])).toBeLessThanOrEqual(digit);
    for (let corner = 0; corner < 4; corner++) {
      const tolerance = digit * Math.max(64, Math.abs(row[corner]!));
      expect(Math.abs(xyxy[4 * index + corner]! - row[corner]!)).toBeLessThanOrEqual(tolerance);
    }
  }
}

describe.each(BACKENDS)('%s', (_, base) => {
  const native = loadNativeParts(base);

  describe.each(cases)('$name', (given) => {
    test('is understood', async () => {
      const { detector } = await open(given, modelPath(given), native);
      expect(detector).toMatchObject({
        head: given.head,
        nc: given.nc,
        height: given.size[0],
        width: given.size[1],
        input: { name: 'images', type: given.dtype, batch: given.dynamic ? 'dynamic' : given.batch },
        output: 'output0',
        stride: 32,
        warnings: given.dynamic && given.head !== 'yolov5' ? [expect.stringContaining('any size')] : [],
      });
    });

    test('detects what the reference does', async () => {
      expectRows(await detect(given, modelPath(given), native), given.detections, given.dtype);
    });

    test('detects what the reference does after torch has pruned it', async () => {
      const pruned = pruneModel(readModel(given), { method: 'l1', amount: 0.3, exclude: [] });
      const found = pruned.layers.map(({ name, zeros, weights }) => [name, [zeros, weights]]);
      expect(Object.fromEntries(found)).toEqual(given.zeros);
      const path = join(folder, `${given.name}.onnx`);
      await writeFile(path, pruned.bytes);
      expectRows(await detect(given, path, native), given.detectionsPruned, given.dtype);
    });
  });

  test.each(['yolov5', 'yolov5-batch-4', 'anchor-free-float16', 'end2end-float16'])(
    '%s, unpruned and pruned, in worker threads',
    async (name) => {
      const given = cases.find((candidate) => candidate.name === name)!;
      const candidate = join(folder, `${name}-candidate.onnx`);
      await writeFile(
        candidate,
        pruneModel(readModel(given), { method: 'l1', amount: 0.3, exclude: [] }).bytes,
      );
      const { detector } = await open(given, modelPath(given), native);
      const pool = startDetectPool(base, { workers: 2, threadsPerWorker: 1 }, 'cpu');
      try {
        for (const path of [modelPath(given), candidate]) await loadModel(pool, path);
        const labels = { count: 0, cls: new Int32Array(0), xywhn: new Float32Array(0) };
        const images = Array.from({ length: 5 }, () => ({ path: join(FIXTURES, given.picture), labels }));
        let seen = 0;
        for await (const found of detectAll(pool, { detector, options: optionsOf(detector) }, images)) {
          if ('unreadable' in found) throw new Error(found.unreadable.reason);
          const [before, after] = found.samples;
          expectRows(before!.detections, given.detections, given.dtype);
          expectRows(after!.detections, given.detectionsPruned, given.dtype);
          seen++;
        }
        expect(seen).toBe(images.length);
      } finally {
        await pool.close();
      }
    },
  );

  test('a model of any size and number of pictures takes each in its rectangle, in worker threads', async () => {
    const given = cases.find(({ name }) => name === 'anchor-free-dynamic')!;
    const square = { ...given, size: [128, 128] } as const;
    const { session, detector } = await open(square, modelPath(given), native);
    expect(detector).toMatchObject({ rect: { imgsz: 128, stride: 32 }, warnings: [] });
    const names = ['160x96.png', ...Array.from({ length: 16 }, () => '64x96.png'), '64x64.png'];
    const sizes = names.map((name) => {
      const [width, height] = name.match(/\d+/g)!.map(Number) as [number, number];
      return { width, height };
    });
    const inputs = rectangles(sizes, detector.rect!);
    const pool = startDetectPool(base, { workers: 2, threadsPerWorker: 1 }, 'cpu');
    try {
      await loadModel(pool, modelPath(given));
      const labels = { count: 0, cls: new Int32Array(0), xywhn: new Float32Array(0) };
      const images = names.map((name) => ({ path: join(FIXTURES, name), labels }));
      const seen = new Set<string>();
      for await (const found of detectAll(pool, { detector, options: optionsOf(detector) }, images)) {
        if ('unreadable' in found) throw new Error(found.unreadable.reason);
        const [{ path, geometry, detections }] = found.samples as [Sample];
        const { width, height } = geometry;
        const picture = await decodeImage(native.sharp, path, detector.family);
        const pixels = new Float32Array(3 * width * height);
        layIntoTensor(fitPicture(picture, { width, height }, detector.family, 128), pixels);
        const { data, dims } = await infer(native.ort, session, detector, pixels, { width, height });
        const expected = decode(detector.head, data, dims, optionsOf(detector));
        expect(detections.count).toBe(expected.count);
        expect(detections.xyxy).toEqual(expected.xyxy);
        seen.add(`${basename(path)} ${width}×${height}`);
      }
      expect([...seen].sort()).toEqual(
        [...new Set(names.map((name, i) => `${name} ${inputs[i]!.width}×${inputs[i]!.height}`))].sort(),
      );
    } finally {
      await pool.close();
    }
  });
});
