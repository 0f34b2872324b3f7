import type { Matrix } from './matrix-product.ts';

/** Where a part lies in a matrix, in rows and columns. */
export interface Place {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A copy of a part of a matrix [any, columns]: [height, width]. */
export function block<T extends Matrix>(matrix: T, columns: number, { top, left, height, width }: Place): T {
  const part = (
    matrix instanceof Float64Array ? new Float64Array(height * width) : new Float32Array(height * width)
  ) as T;
  for (let row = 0; row < height; row++) {
    const from = (top + row) * columns + left;
    part.set(matrix.subarray(from, from + width), row * width);
  }
  return part;
}
