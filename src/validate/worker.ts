import { workerData } from 'node:worker_threads';
import type * as Ort from 'onnxruntime-node';
import { UserError } from '../errors.ts';
import type { DetectionOptions } from '../protocol.ts';
import { loadNativeParts, type NativeBase, ortPackage } from '../runtime/load.ts';
import { serve } from '../workers/serve.ts';
import type { Detector } from './detector.ts';
import { decode } from './heads/index.ts';
import { decodeImage, imageSize } from './image/decode.ts';
import { fitPicture, type InputSize } from './image/letterbox.ts';
import { layIntoTensor } from './image/tensor.ts';
import { largestRectangle } from './rectangles.ts';
import {
  batchSize,
  describeSession,
  infer,
  type OutputBuffers,
  openSession,
  type SessionInfo,
  type SessionOptions,
} from './session.ts';
import type { Detections, Geometry } from './types.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly nativeBase: NativeBase;
  readonly session: SessionOptions;
}

/** How outputs are to be read, the same for every image. */
export interface DetectionPlan {
  readonly detector: Detector;
  readonly options: DetectionOptions;
}

/** An image, and where another than the detector's, the size of the network's input. */
export interface Picture {
  readonly path: string;
  readonly size: InputSize | null;
}

/** One image through all loaded models, in the order in which they were loaded. */
export interface ImageResult {
  readonly geometry: Geometry;
  readonly detections: readonly Detections[];
  readonly milliseconds: {
    readonly pixels: number;
    readonly inference: readonly number[];
    readonly decode: number;
  };
}

export type DetectWorker = typeof methods;

const { nativeBase, session: sessionOptions } = workerData as WorkerSetup;
const { ort, sharp } = loadNativeParts(nativeBase);
sharp.cache(false);
sharp.concurrency(1);
const sessions: Ort.InferenceSession[] = [];
/** What is found in one picture is copied out of them before the next. */
const outputs: OutputBuffers | null = ortPackage(nativeBase) === 'onnxruntime-node' ? new WeakMap() : null;
let plan: DetectionPlan | null = null;
let pixels: Float32Array | Uint16Array = new Float32Array(0);

function valuesOf(input: Detector['input'], { width, height }: InputSize): number {
  return batchSize(input) * 3 * width * height;
}

const methods = {
  /** Opens one more model; every later image goes through it too. */
  async load(path: string): Promise<SessionInfo> {
    const session = await openSession(ort, path, sessionOptions);
    sessions.push(session);
    return describeSession(session);
  },

  /** Closes all models. */
  async unload(): Promise<void> {
    for (const session of sessions.splice(0)) await session.release();
  },

  async configure(next: DetectionPlan): Promise<void> {
    plan = next;
    const { detector } = next;
    const { input, rect } = detector;
    const largest = rect ? largestRectangle(rect) : detector;
    pixels = new (input.type === 'float16' ? Uint16Array : Float32Array)(valuesOf(input, largest));
  },

  /** @returns the picture's size, or `null` for a file that cannot be decoded. */
  async size(path: string): Promise<InputSize | null> {
    return imageSize(sharp, path, plan!.detector.family);
  },

  /** @returns the detections, or why the file cannot be decoded. */
  async detect({ path, size }: Picture): Promise<ImageResult | { readonly unreadable: string }> {
    const { detector, options } = plan!;
    const target = size ?? detector;
    const started = performance.now();
    const picture = await decodeImage(sharp, path, detector.family).catch((error: unknown) => {
      if (error instanceof UserError) return error;
      throw error;
    });
    if (picture instanceof UserError) return { unreadable: picture.problem };
    const imgsz = Math.max(detector.width, detector.height);
    const fitted = fitPicture(picture, target, detector.family, imgsz);
    const tensor = pixels.subarray(0, valuesOf(detector.input, target));
    layIntoTensor(fitted, tensor);
    const prepared = performance.now();

    const inference: number[] = [];
    const detections: Detections[] = [];
    let decoding = 0;
    for (const session of sessions) {
      const before = performance.now();
      const output = await infer(ort, session, detector, tensor, target, outputs);
      const inferred = performance.now();
      detections.push(decode(detector.head, output.data, output.dims, { ...options, nc: detector.nc }));
      inference.push(inferred - before);
      decoding += performance.now() - inferred;
    }
    return {
      geometry: fitted.geometry,
      detections,
      milliseconds: { pixels: prepared - started, inference, decode: decoding },
    };
  },
};

serve(methods);
