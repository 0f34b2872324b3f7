import type { MatrixProduct } from '../../calibrate/matrix-product.ts';
import { type MomentSource, readMoments } from '../../calibrate/moment-source.ts';
import type { Centre } from '../../calibrate/moments.ts';
import type { Segment } from '../../calibrate/sites.ts';
import { type Pattern, patternGroups } from '../n-m.ts';
import type { Layer } from '../types.ts';
import { anywhere, exchange, withinGroups } from './exchange.ts';
import { inverseRoot } from './inverse-root.ts';
import { costOf, damped, descent, type Quadratic, rowEnergies } from './quadratic.ts';
import { refit } from './refit.ts';
import { chooseLeast, sweep } from './sweep.ts';

/** One layer with what it saw; can be sent to a thread. */
export interface LayerProblem {
  readonly shape: Layer['shape'];
  readonly group: number;
  readonly values: Float32Array;
  readonly segments: readonly Segment[];
  /** Second moments at every place where it is used, one segment after the other, see {@link Segment}; their sum counts. */
  readonly sources: readonly MomentSource[];
  /** The columns' sums at every place where a bias can take up what changes on average: there only what varies around it counts. */
  readonly centres: readonly Centre[];
}

/** What is to become zero: so many weights in each segment, or all that a pattern says. */
export type Target = { readonly counts: readonly number[] } | { readonly pattern: Pattern };

/** Steps of the first refit, after the sweep. */
const FIRST_REFIT_STEPS = 20;

/**
 * What zeroing each weight costs when the rest of its row takes up the error, w² / [H⁻¹]_jj, as a share of the energy of
 * the row's output; so scores of different layers can be compared.
 *
 * Source: Frantar, Singh and Alistarh, Optimal Brain Compression (arXiv 2208.11580), equation 2.
 *
 * @returns one score a weight, segment by segment [rows, columns].
 */
export async function obsScores(
  problem: LayerProblem,
  product: MatrixProduct<Float64Array>,
): Promise<readonly Float32Array[]> {
  const scores: Float32Array[] = [];
  for (const segment of problem.segments) {
    const quadratic = quadraticOf(problem, segment, product);
    const { original, columns, h } = quadratic;
    const inverseDiagonal = diagonalOfInverse(await inverseRoot(h, columns, product), columns);
    const energies = await rowEnergies(quadratic);
    scores.push(
      Float32Array.from(original, (value, i) =>
        value === 0 ? 0 : value ** 2 / inverseDiagonal[i % columns]! / energies[Math.floor(i / columns)]!,
      ),
    );
  }
  return scores;
}

/**
 * Prunes one layer: chooses zeros in a sweep over the columns, fits the kept weights by least squares, and exchanges zeros
 * for as long as that helps.
 *
 * @returns the layer's new values.
 */
export async function solveLayer(
  problem: LayerProblem,
  target: Target,
  product: MatrixProduct<Float64Array>,
): Promise<Float32Array> {
  const values = problem.values.slice();
  for (const [i, segment] of problem.segments.entries()) {
    const original = quadraticOf(problem, segment, product);
    if ('pattern' in target) {
      const order = patternOrder(problem, segment, target.pattern);
      const rows = await solvePattern(reordered(original, order), target.pattern);
      writeRows(values, problem, segment, restored(rows, order));
    } else if (target.counts[i]! > 0) {
      writeRows(values, problem, segment, await solveCount(original, target.counts[i]!));
    }
  }
  return values;
}

async function solveCount(quadratic: Quadratic, count: number): Promise<Float64Array> {
  const { columns } = quadratic;
  return solve(
    quadratic,
    (rows, root, mask, start, end) => {
      // Shares of whole counts, so that they sum up to it.
      const share = Math.round((count * end) / columns) - Math.round((count * start) / columns);
      chooseLeast(rows, root, columns, mask, { start, end, count: share });
    },
    anywhere,
  );
}

async function solvePattern(quadratic: Quadratic, { n, m }: Pattern): Promise<Float64Array> {
  const { columns } = quadratic;
  return solve(
    quadratic,
    (rows, root, mask, start, end) => {
      for (let row = 0; row < rows.length; row += columns) {
        for (let first = start; first < end; first += m) {
          const score = (j: number) => (rows[row + j]! / root[j * columns + j]!) ** 2;
          const group = Array.from({ length: m }, (_, i) => first + i);
          group.sort((a, b) => score(a) - score(b) || a - b);
          for (const j of group.slice(0, m - n)) mask[row + j] = 1;
        }
      }
    },
    withinGroups(m),
    m,
  );
}

async function solve(
  quadratic: Quadratic,
  choose: (rows: Float64Array, root: Float64Array, mask: Uint8Array, start: number, end: number) => void,
  propose: Parameters<typeof exchange>[3],
  granularity = 1,
): Promise<Float64Array> {
  const { original, columns, h, product } = quadratic;
  const root = await inverseRoot(h, columns, product);
  const rows = original.slice();
  const mask = new Uint8Array(rows.length);
  const chooseBlock = (start: number, end: number) => choose(rows, root, mask, start, end);
  await sweep(rows, root, columns, mask, product, chooseBlock, granularity);
  const fitted = await refit(quadratic, rows, mask, FIRST_REFIT_STEPS);
  const found = await exchange(quadratic, { rows: fitted, mask }, diagonalOfInverse(root, columns), propose);
  return found.rows;
}

/**
 * How much a layer with new values puts out something else: Σ (w − w₀)·H·(w − w₀)ᵀ over Σ w₀·H·w₀ᵀ, the energy of the
 * difference as a share of the energy of the output.
 */
export async function outputError(
  problem: LayerProblem,
  values: Float32Array,
  product: MatrixProduct<Float64Array>,
): Promise<number> {
  let [cost, energy] = [0, 0];
  for (const segment of problem.segments) {
    const original = quadraticOf(problem, segment, product);
    const rows = quadraticOf({ ...problem, values }, segment, product).original;
    cost += costOf(original, rows, await descent(original, rows));
    for (const row of await rowEnergies(original)) energy += row;
  }
  return energy > 0 ? Math.max(cost, 0) / energy : 0;
}

function quadraticOf(
  { shape, group, values, sources, centres }: LayerProblem,
  { group: index, start, columns, momentOffset, sumOffset }: Segment,
  product: MatrixProduct<Float64Array>,
): Quadratic {
  const rowCount = shape[0] / group;
  const rowLength = values.length / shape[0];
  const original = new Float64Array(rowCount * columns);
  for (let r = 0; r < rowCount; r++) {
    const from = (index * rowCount + r) * rowLength + start;
    original.set(values.subarray(from, from + columns), r * columns);
  }
  const [first, ...others] = sources.map((source) => readMoments(source, momentOffset, columns ** 2));
  const seen = first ?? new Float64Array(columns ** 2);
  for (const other of others) for (let i = 0; i < seen.length; i++) seen[i]! += other[i]!;
  for (const { sums, total } of centres) {
    centre(seen, sums.subarray(sumOffset, sumOffset + columns), total);
  }
  return { original, columns, h: damped(seen, columns), product };
}

/** Turns Σ x·xᵀ into Σ (x − x̄)·(x − x̄)ᵀ. */
function centre(moments: Float64Array, sums: Float64Array, total: number): void {
  if (total === 0) return;
  const { length } = sums;
  for (let i = 0, at = 0; i < length; i++) {
    const mean = sums[i]! / total;
    for (let j = 0; j < length; j++, at++) moments[at]! -= mean * sums[j]!;
  }
}

function writeRows(
  values: Float32Array,
  { shape, group }: LayerProblem,
  { group: index, start, columns }: Segment,
  rows: Float64Array,
): void {
  const rowCount = shape[0] / group;
  const rowLength = values.length / shape[0];
  for (let r = 0; r < rowCount; r++) {
    const to = (index * rowCount + r) * rowLength + start;
    values.set(rows.subarray(r * columns, (r + 1) * columns), to);
  }
}

/** The segment's columns so that each of the pattern's groups is consecutive. */
function patternOrder({ shape }: LayerProblem, { columns }: Segment, { m }: Pattern): readonly number[] {
  const [out, , height, width] = shape;
  return [...patternGroups([out, columns / (height * width), height, width], m)].flat();
}

function reordered(quadratic: Quadratic, order: readonly number[]): Quadratic {
  const { original, columns, h } = quadratic;
  const rowCount = original.length / columns;
  const moved = new Float64Array(original.length);
  const movedH = new Float64Array(h.length);
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j < columns; j++) moved[i * columns + j] = original[i * columns + order[j]!]!;
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) movedH[i * columns + j] = h[order[i]! * columns + order[j]!]!;
  }
  return { ...quadratic, original: moved, h: movedH };
}

function restored(rows: Float64Array, order: readonly number[]): Float64Array {
  const columns = order.length;
  const moved = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row += columns) {
    for (let j = 0; j < columns; j++) moved[row + order[j]!] = rows[row + j]!;
  }
  return moved;
}

/** The diagonal of H⁻¹ = Uᵀ·U. */
function diagonalOfInverse(root: Float64Array, columns: number): Float64Array {
  const diagonal = new Float64Array(columns);
  for (let i = 0; i < columns; i++) {
    for (let j = i; j < columns; j++) diagonal[j]! += root[i * columns + j]! ** 2;
  }
  return diagonal;
}
