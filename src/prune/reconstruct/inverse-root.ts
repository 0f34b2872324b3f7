import { block } from '../../calibrate/block.ts';
import type { MatrixProduct } from '../../calibrate/matrix-product.ts';

/** Columns up to which a factor is found number by number; larger ones are halved. */
const SMALL = 48;

/**
 * The upper triangular U with H⁻¹ = Uᵀ·U, from which a sweep over the columns reads all it needs: U[j][j]² is the [j][j]
 * entry of the inverse of H restricted to the columns from j on, and U[j] over U[j][j] how they take up an error in j.
 *
 * H is factored from its last column on, H = R·Rᵀ with R upper triangular, and U = R⁻¹: a third of the work of inverting
 * H and factoring the inverse.
 *
 * @param h symmetric and positive definite, [size, size]; not changed.
 */
export async function inverseRoot(
  h: Float64Array,
  size: number,
  product: MatrixProduct<Float64Array>,
): Promise<Float64Array> {
  return (await inverseLowerFactor(h.slice().reverse(), size, product)).reverse();
}

/**
 * L⁻¹ for A = L·Lᵀ with L lower triangular, in halves, so that nearly all of the work is matrix products:
 * with M = A₂₁·L₁₁⁻ᵀ the halves of L are L₁₁, M and the factor of A₂₂ − M·Mᵀ.
 */
async function inverseLowerFactor(
  a: Float64Array,
  size: number,
  product: MatrixProduct<Float64Array>,
): Promise<Float64Array> {
  if (size <= SMALL) return invertLower(factorize(a, size), size);
  const half = size >> 1;
  const rest = size - half;
  const first = await inverseLowerFactor(
    block(a, size, { top: 0, left: 0, height: half, width: half }),
    half,
    product,
  );
  const corner = await product.plain(
    block(a, size, { top: half, left: 0, height: rest, width: half }),
    transposed(first, half, half),
    half,
  );
  const below = block(a, size, { top: half, left: half, height: rest, width: rest });
  const taken = await product.plain(corner, transposed(corner, rest, half), half);
  for (let i = 0; i < below.length; i++) below[i]! -= taken[i]!;
  const second = await inverseLowerFactor(below, rest, product);
  const between = await product.plain(await product.plain(second, corner, rest), first, half);
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < half; i++) inverse.set(first.subarray(i * half, (i + 1) * half), i * size);
  for (let i = 0; i < rest; i++) {
    const row = (half + i) * size;
    for (let j = 0; j < half; j++) inverse[row + j] = -between[i * half + j]!;
    inverse.set(second.subarray(i * rest, (i + 1) * rest), row + half);
  }
  return inverse;
}

function transposed(matrix: Float64Array, height: number, width: number): Float64Array {
  const turned = new Float64Array(matrix.length);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) turned[j * height + i] = matrix[i * width + j]!;
  }
  return turned;
}

/** Cholesky: the lower triangle L with L·Lᵀ = A, in A's place. */
function factorize(a: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * size + j]!;
      for (let k = 0; k < j; k++) rest -= a[i * size + k]! * a[j * size + k]!;
      a[i * size + j] = i === j ? Math.sqrt(rest) : rest / a[j * size + j]!;
    }
  }
  return a;
}

/** The inverse of a lower triangle; what lies above it is not read. */
function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = inverse.subarray(i * size, i * size + i + 1);
    for (let k = 0; k < i; k++) {
      const factor = lower[i * size + k]!;
      const above = k * size;
      for (let j = 0; j <= k; j++) row[j]! -= factor * inverse[above + j]!;
    }
    const scale = 1 / lower[i * size + i]!;
    for (let j = 0; j < i; j++) row[j]! *= scale;
    row[i] = scale;
  }
  return inverse;
}
