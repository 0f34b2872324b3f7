import type { Layer, PruneMethod } from './types.ts';

/** At most `n` of every `m` consecutive weights along the input channels are not zero. */
export interface Pattern {
  readonly n: number;
  readonly m: number;
}

/** Reads `2:4`: 1 ≤ n < m, m a power of two up to 64; `null` where it is something else. */
export function parsePattern(text: string): Pattern | null {
  const match = /^(\d{1,2}):(\d{1,2})$/.exec(text);
  const [n, m] = [Number(match?.[1]), Number(match?.[2])];
  return n >= 1 && n < m && [2, 4, 8, 16, 32, 64].includes(m) ? { n, m } : null;
}

/** Whether the pattern can be laid over a layer: its input channels must be a multiple of m (depthwise has one). */
export function patternFits({ shape }: Pick<Layer, 'shape'>, { m }: Pattern): boolean {
  return shape[1] % m === 0;
}

/**
 * The groups of m weights that one pattern covers, by their indices in an output channel's weights: consecutive input
 * channels at one place of the kernel, as torch's and TensorRT's sparse kernels want it.
 */
export function* patternGroups([, channels, height, width]: Layer['shape'], m: number): Generator<number[]> {
  const area = height * width;
  for (let first = 0; first < channels; first += m) {
    for (let place = 0; place < area; place++) {
      yield Array.from({ length: m }, (_, i) => (first + i) * area + place);
    }
  }
}

/**
 * N:M sparsity by magnitude: in every group of m weights the m − n of least absolute value become zero, equal ones by
 * their index. Layers that it does not fit are left alone.
 *
 * Source: Mishra et al., Accelerating sparse deep neural networks (arXiv 2104.08378).
 */
export function nOfM(pattern: Pattern): PruneMethod {
  return (layers) => layers.map((layer) => (patternFits(layer, pattern) ? prunedRows(layer, pattern) : null));
}

function prunedRows({ shape, values }: Layer, { n, m }: Pattern): Float32Array {
  const pruned = values.slice();
  const columns = values.length / shape[0];
  const groups = [...patternGroups(shape, m)];
  for (let row = 0; row < values.length; row += columns) {
    for (const group of groups) {
      const order = group
        .map((index) => row + index)
        .sort((a, b) => Math.abs(values[a]!) - Math.abs(values[b]!) || a - b);
      for (const index of order.slice(0, m - n)) pruned[index]! *= 0;
    }
  }
  return pruned;
}
