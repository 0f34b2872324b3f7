import { descent, type Quadratic } from './quadratic.ts';

/** A row is solved where its residual has fallen to this share. */
const SOLVED = 1e-12;

/**
 * Least squares over the weights that are kept: conjugate gradients on all rows at once, one matrix product a step,
 * preconditioned by the diagonal.
 *
 * @param rows where to begin, zero wherever `mask` is 1 [rows, columns].
 * @param steps at most.
 * @returns the better rows; each row's optimum after as many steps as it keeps weights.
 */
export async function refit(
  quadratic: Quadratic,
  rows: Float64Array,
  mask: Uint8Array,
  steps: number,
): Promise<Float64Array> {
  const { h, columns, product } = quadratic;
  const rowCount = rows.length / columns;
  const inverseDiagonal = Float64Array.from({ length: columns }, (_, j) => 1 / h[j * columns + j]!);
  const solution = rows.slice();
  const residual = await descent(quadratic, rows);
  const direction = new Float64Array(rows.length);
  const norms = new Float64Array(rowCount);
  for (let r = 0, i = 0; r < rowCount; r++) {
    for (let j = 0; j < columns; j++, i++) {
      if (mask[i] === 1) residual[i] = 0;
      direction[i] = residual[i]! * inverseDiagonal[j]!;
      norms[r]! += residual[i]! * direction[i]!;
    }
  }
  const enough = norms.map((norm) => norm * SOLVED);
  for (let step = 0; step < steps && norms.some((norm, r) => norm > enough[r]!); step++) {
    const moved = await product.plain(direction, h, columns);
    for (let r = 0; r < rowCount; r++) {
      const [first, end] = [r * columns, (r + 1) * columns];
      if (!(norms[r]! > enough[r]!)) {
        direction.fill(0, first, end);
        continue;
      }
      let curvature = 0;
      for (let i = first; i < end; i++) curvature += direction[i]! * moved[i]!;
      const length = norms[r]! / curvature;
      let norm = 0;
      for (let i = first, j = 0; i < end; i++, j++) {
        solution[i]! += length * direction[i]!;
        residual[i] = mask[i] === 1 ? 0 : residual[i]! - length * moved[i]!;
        norm += residual[i]! ** 2 * inverseDiagonal[j]!;
      }
      const keep = norm / norms[r]!;
      norms[r] = norm;
      for (let i = first, j = 0; i < end; i++, j++) {
        direction[i] = mask[i] === 1 ? 0 : residual[i]! * inverseDiagonal[j]! + keep * direction[i]!;
      }
    }
  }
  return solution;
}
