import type * as Ort from 'onnxruntime-node';
import { messageOf, UserError } from '../errors.ts';
import type { Detector, TensorInfo } from './detector.ts';
import type { InputSize } from './image/letterbox.ts';

/** Execution providers of ONNX Runtime that can be asked for. */
export type Provider = 'cpu' | 'cuda' | 'coreml' | 'dml' | 'webgpu';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads that one run may use. */
  readonly threads: number;
}

/**
 * Opens a model in ONNX Runtime.
 *
 * @throws {UserError} when ONNX Runtime refuses the model or the provider is not to be had.
 */
export async function openSession(
  ort: typeof Ort,
  path: string,
  options: SessionOptions,
): Promise<Ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, {
      executionProviders: [options.provider],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // DirectML cannot reuse memory by pattern: https://onnxruntime.ai/docs/execution-providers/DirectML-ExecutionProvider.html
      ...(options.provider === 'dml' && { enableMemPattern: false }),
    });
  } catch (error) {
    throw refusal(path, options.provider, messageOf(error), error);
  }
}

function refusal(path: string, provider: Provider, message: string, cause: unknown): UserError {
  const reason = message.replace(/\s+/g, ' ').trim();
  const customOperator = /no op registered for ([\w.]+)|([\w.]+)\(-?\d+\) is not a registered function/i.exec(
    reason,
  );
  if (customOperator) {
    return new UserError(
      'model',
      `${path} uses the operator ${customOperator[1] ?? customOperator[2]}, which ONNX Runtime does not have: ${reason}.`,
      'Export the model with standard ONNX operators only (no plugins, no built-in NMS of another runtime).',
      { cause },
    );
  }
  if (provider !== 'cpu') {
    return new UserError(
      'runtime',
      `The models must run by ${provider}, but ONNX Runtime cannot load ${path} there: ${reason}.`,
      'Set `device: cpu`; if the model loads then, its operators or the memory of this GPU are what is missing.',
      { cause },
    );
  }
  return new UserError(
    'model',
    `ONNX Runtime cannot load ${path}: ${reason}.`,
    'The file may be damaged or made for another runtime: export the model again.',
    { cause },
  );
}

/** Pictures that one run takes. */
export function batchSize({ batch }: Detector['input']): number {
  return batch === 'dynamic' ? 1 : batch;
}

/** What ONNX Runtime says of a model's inputs and outputs. */
export interface SessionInfo {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

export function describeSession(session: Ort.InferenceSession): SessionInfo {
  const describe = (metadata: readonly Ort.InferenceSession.ValueMetadata[]) =>
    metadata.map((value) =>
      value.isTensor
        ? { name: value.name, type: value.type, shape: value.shape }
        : { name: value.name, type: 'none', shape: [] },
    );
  return { inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) };
}

/**
 * Runs one picture through a model; returns the raw output as float32 with its dims.
 *
 * @param size of the pictures in pixels.
 * @param pixels 3 × height × width for each picture of the batch; a fixed batch above one is filled up with
 *   zeros.
 * @param buffers of outputs whose dims are fixed; the result is then good until the next picture. A new output for each
 *   picture costs the system as many fresh pages. `null` where the runtime does not write into what it is given (onnxruntime-web).
 */
export async function infer(
  ort: typeof Ort,
  session: Ort.InferenceSession,
  detector: Detector,
  pixels: Float32Array | Uint16Array,
  { width, height }: InputSize = detector,
  buffers: OutputBuffers | null = null,
): Promise<{ readonly data: Float32Array; readonly dims: readonly number[] }> {
  const { input, output } = detector;
  const tensor = inputTensor(ort, input.type, pixels, [batchSize(input), 3, height, width]);
  const buffer = buffers?.get(session);
  const fetches = buffer ? { [output]: buffer } : [output];
  const results = await session.run({ [input.name]: tensor }, fetches).catch((error: unknown) => {
    throw failedRun(error);
  });
  const result = results[output]!;
  if (!buffer && isAsPromised(session, output, result)) buffers?.set(session, result);
  const { data, dims } = result;
  if (data instanceof Float32Array) return { data, dims };
  const halves = data as Uint16Array;
  return { data: Float32Array.from(new Float16Array(halves.buffer, halves.byteOffset, halves.length)), dims };
}

/** The model loaded, but its numbers do not fit each other, or it asks for more memory than there is. */
function failedRun(error: unknown): UserError {
  const reason = messageOf(error).replace(/\s+/g, ' ').trim();
  return new UserError(
    'model',
    `The model must run on a picture, but ONNX Runtime stops in it: ${reason}.`,
    'The file may be damaged, or need more memory than this machine has: export the model again.',
    { cause: error },
  );
}

/** Outputs that later ones of the same session are written into. */
export type OutputBuffers = WeakMap<Ort.InferenceSession, Ort.Tensor>;

/** Whether an output has the very dims that the model promises, and so will have them again. */
function isAsPromised(session: Ort.InferenceSession, output: string, { type, dims }: Ort.Tensor): boolean {
  const promised = session.outputMetadata.find(({ name }) => name === output);
  if (!promised?.isTensor || type !== 'float32' || promised.shape.length !== dims.length) return false;
  return dims.every((dim, i) => dim === promised.shape[i]);
}

/**
 * A network's input. For float16 the tensor makes a Float16Array of the bits, but ONNX Runtime 1.30 then sees no bytes ("not
 * enough space: expected …, got 0", microsoft/onnxruntime#32323); the bits themselves it takes.
 */
export function inputTensor(
  ort: typeof Ort,
  type: Detector['input']['type'],
  pixels: Float32Array | Uint16Array,
  dims: readonly number[],
): Ort.Tensor {
  const tensor = new ort.Tensor(type, pixels, dims);
  return type === 'float16' ? Object.defineProperty(tensor, 'data', { value: pixels }) : tensor;
}
