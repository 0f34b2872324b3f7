/**
 * The upper triangular U with H⁻¹ = Uᵀ·U, from which a sweep over the columns reads all it needs: U[j][j]² is the [j][j]
 * entry of the inverse of H restricted to the columns from j on, and U[j] over U[j][j] how they take up an error in j.
 *
 * H is factored from its last column on, H = R·Rᵀ with R upper triangular, and U = R⁻¹: a third of the work of inverting
 * H and factoring the inverse.
 *
 * @param h symmetric and positive definite, [size, size]; not changed.
 */
export function inverseRoot(h: Float64Array, size: number): Float64Array {
  const factor = reversed(h);
  factorize(factor, size);
  return reversed(invertLower(factor, size));
}

/** The matrix with rows and columns in reverse order: all its entries in reverse order. */
function reversed(matrix: Float64Array): Float64Array {
  return Float64Array.from(matrix).reverse();
}

/** Cholesky: the lower triangle L with L·Lᵀ = A, in A's place. */
function factorize(a: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * size;
      const rest = a[rowI + j]! - dot(a, rowI, rowJ, j);
      a[rowI + j] = i === j ? Math.sqrt(rest) : rest / a[rowJ + j]!;
    }
  }
}

/** Σ a[first + k]·a[second + k] over k < count, in four sums that do not wait for each other. */
function dot(a: Float64Array, first: number, second: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += a[first + k]! * a[second + k]!;
    s1 += a[first + k + 1]! * a[second + k + 1]!;
    s2 += a[first + k + 2]! * a[second + k + 2]!;
    s3 += a[first + k + 3]! * a[second + k + 3]!;
  }
  for (; k < count; k++) s0 += a[first + k]! * a[second + k]!;
  return s0 + s1 + (s2 + s3);
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
