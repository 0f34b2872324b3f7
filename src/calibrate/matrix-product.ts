import type * as Ort from 'onnxruntime-node';
import { type ElementType, GraphWriter } from '../onnx/graph-writer.ts';

/** Numbers of a matrix, row by row. */
export type Matrix = Float32Array | Float64Array;

/** Multiplies matrices in ONNX Runtime: its kernels are ten to thirty times as fast as loops over typed arrays. */
export interface MatrixProduct<T extends Matrix> {
  /** aᵀ·b for a [k, m] and b [k, n]: [m, n]. */
  transposed(a: T, b: T, k: number): Promise<T>;
  /** a·b for a [m, k] and b [k, n]: [m, n]. */
  plain(a: T, b: T, k: number): Promise<T>;
}

/** Prepares products on one thread; `float64` for what decides, `float32` for twice the speed. */
export async function openMatrixProduct(
  ort: typeof Ort,
  type: 'float32',
): Promise<MatrixProduct<Float32Array>>;
export async function openMatrixProduct(
  ort: typeof Ort,
  type: 'float64',
): Promise<MatrixProduct<Float64Array>>;
export async function openMatrixProduct<T extends Matrix>(
  ort: typeof Ort,
  type: 'float32' | 'float64',
): Promise<MatrixProduct<T>> {
  const open = (transA: boolean) =>
    ort.InferenceSession.create(gemmModel(type, transA), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
  const [transposed, plain] = [await open(true), await open(false)];
  const run = async (session: Ort.InferenceSession, a: Ort.Tensor, b: Ort.Tensor) =>
    (await session.run({ a, b }))[session.outputNames[0]!]!.data as T;
  return {
    transposed: (a, b, k) =>
      run(
        transposed,
        new ort.Tensor(type, a as Float32Array, [k, a.length / k]),
        new ort.Tensor(type, b as Float32Array, [k, b.length / k]),
      ),
    plain: (a, b, k) =>
      (a.length * b.length) / k <= FEW_OPERATIONS
        ? Promise.resolve(productByLoop(a, b, k))
        : run(
            plain,
            new ort.Tensor(type, a as Float32Array, [a.length / k, k]),
            new ort.Tensor(type, b as Float32Array, [k, b.length / k]),
          ),
  };
}

/** Multiplications up to which a loop is faster than a call of ONNX Runtime. */
const FEW_OPERATIONS = 10_000;

function productByLoop<T extends Matrix>(a: T, b: T, k: number): T {
  const n = b.length / k;
  const c = (
    a instanceof Float64Array ? new Float64Array((a.length / k) * n) : new Float32Array((a.length / k) * n)
  ) as T;
  for (let i = 0; i < a.length; i++) {
    const [to, from] = [Math.floor(i / k) * n, (i % k) * n];
    for (let j = 0; j < n; j++) c[to + j]! += a[i]! * b[from + j]!;
  }
  return c;
}

/** An ONNX model with one Gemm: c = a·b, or aᵀ·b. */
function gemmModel(type: ElementType, transA: boolean): Uint8Array {
  const graph = new GraphWriter();
  const a = graph.input({ name: 'a', dims: transA ? ['k', 'm'] : ['m', 'k'] }, type);
  const b = graph.input({ name: 'b', dims: ['k', 'n'] }, type);
  graph.output(graph.add('Gemm', [a, b], { transA: Number(transA) }));
  return graph.finish();
}
