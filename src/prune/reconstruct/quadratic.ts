import type { MatrixProduct } from '../../calibrate/matrix-product.ts';

/**
 * How much rows of weights change what a Conv puts out: Σ over rows of (w − w₀)·H·(w − w₀)ᵀ, H being the second moments of
 * the columns that the rows meet.
 */
export interface Quadratic {
  /** The weights as they were, [rows, columns]. */
  readonly original: Float64Array;
  readonly columns: number;
  /** Damped second moments [columns, columns]. */
  readonly h: Float64Array;
  readonly product: MatrixProduct<Float64Array>;
}

/** Share of the mean diagonal that is added to it, so that columns which hardly differ can be told apart (SparseGPT, 4.2). */
const DAMPING = 0.01;

/** A copy of second moments with its damping; without any moments every column counts the same. */
export function damped(moments: Float64Array, columns: number): Float64Array {
  const h = moments.slice();
  let trace = 0;
  for (let j = 0; j < columns; j++) trace += h[j * columns + j]!;
  const more = trace > 0 ? (DAMPING * trace) / columns : 1;
  for (let j = 0; j < columns; j++) h[j * columns + j]! += more;
  return h;
}

/** −½ of the derivative by each weight: (w₀ − w)·H. */
export function descent(
  { original, h, columns, product }: Quadratic,
  rows: Float64Array,
): Promise<Float64Array> {
  return product.plain(
    original.map((value, i) => value - rows[i]!),
    h,
    columns,
  );
}

/** Σ (w − w₀)·H·(w − w₀)ᵀ. */
export function costOf({ original }: Quadratic, rows: Float64Array, descentThere: Float64Array): number {
  let cost = 0;
  for (let i = 0; i < rows.length; i++) cost += (original[i]! - rows[i]!) * descentThere[i]!;
  return cost;
}

/** w₀·H·w₀ᵀ of each row: the energy of its output. */
export async function rowEnergies({ original, h, columns, product }: Quadratic): Promise<Float64Array> {
  const products = await product.plain(original, h, columns);
  const energies = new Float64Array(original.length / columns);
  for (let i = 0; i < original.length; i++) {
    energies[Math.floor(i / columns)]! += original[i]! * products[i]!;
  }
  return energies;
}
