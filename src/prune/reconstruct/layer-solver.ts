import type { MatrixProduct } from '../../calibrate/matrix-product.ts';
import type { Segment } from '../../calibrate/sites.ts';
import { type Pattern, patternGroups } from '../n-m.ts';
import type { Layer } from '../types.ts';
import { anywhere, exchange, withinGroups } from './exchange.ts';
import { inverseRoot } from './inverse-root.ts';
import { damped, type Quadratic, rowEnergies } from './quadratic.ts';
import { refit } from './refit.ts';
import { chooseLeast, sweep } from './sweep.ts';

/** One layer with what it saw; can be sent to a thread. */
export interface LayerProblem {
  readonly shape: Layer['shape'];
  readonly group: number;
  readonly values: Float32Array;
  readonly segments: readonly Segment[];
  /** Second moments, one segment after the other, see {@link Segment}; `null` where nothing could be seen. */
  readonly moments: Float64Array | null;
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
): Promise<readonly Float64Array[]> {
  const scores: Float64Array[] = [];
  for (const segment of problem.segments) {
    const { columns } = segment;
    const original = readRows(problem, segment);
    const h = damped(problem.moments, segment);
    const inverseDiagonal = diagonalOfInverse(await inverseRoot(h, columns, product), columns);
    const energies = await rowEnergies({ original, columns, h, product });
    const segmentScores = new Float64Array(original.length);
    for (const [r, energy] of energies.entries()) {
      for (let j = 0, i = r * columns; j < columns; j++, i++) {
        if (original[i] !== 0) segmentScores[i] = original[i]! ** 2 / inverseDiagonal[j]! / energy;
      }
    }
    scores.push(segmentScores);
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
    const rows = readRows(problem, segment);
    const h = damped(problem.moments, segment);
    if ('pattern' in target) {
      const order = patternOrder(problem, segment, target.pattern);
      const columns = { original: reorderedColumns(rows, order), h: reorderedBoth(h, order) };
      writeRows(
        values,
        problem,
        segment,
        restored(await solvePattern(columns, target.pattern, product), order),
      );
    } else if (target.counts[i]! > 0) {
      writeRows(
        values,
        problem,
        segment,
        await solveCount({ original: rows, h }, target.counts[i]!, product),
      );
    }
  }
  return values;
}

/** Weights [rows, columns] and the damped second moments of the columns. */
interface System {
  readonly original: Float64Array;
  readonly h: Float64Array;
}

function solveCount(
  system: System,
  count: number,
  product: MatrixProduct<Float64Array>,
): Promise<Float64Array> {
  const columns = Math.sqrt(system.h.length);
  return solve(
    system,
    product,
    (rows, root, mask, start, end) => {
      // Shares of whole counts, so that they sum up to it.
      const share = Math.round((count * end) / columns) - Math.round((count * start) / columns);
      chooseLeast(rows, root, columns, mask, { start, end, count: share });
    },
    anywhere,
  );
}

function solvePattern(
  system: System,
  { n, m }: Pattern,
  product: MatrixProduct<Float64Array>,
): Promise<Float64Array> {
  const columns = Math.sqrt(system.h.length);
  return solve(
    system,
    product,
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
  { original, h }: System,
  product: MatrixProduct<Float64Array>,
  choose: (rows: Float64Array, root: Float64Array, mask: Uint8Array, start: number, end: number) => void,
  propose: Parameters<typeof exchange>[3],
  granularity = 1,
): Promise<Float64Array> {
  const columns = Math.sqrt(h.length);
  const root = await inverseRoot(h, columns, product);
  const rows = original.slice();
  const mask = new Uint8Array(rows.length);
  await sweep(
    rows,
    root,
    columns,
    mask,
    product,
    (start, end) => choose(rows, root, mask, start, end),
    granularity,
  );
  const inverseDiagonal = diagonalOfInverse(root, columns);
  const quadratic: Quadratic = { original, columns, h, product };
  const fitted = await refit(quadratic, rows, mask, FIRST_REFIT_STEPS);
  const found = await exchange(quadratic, { rows: fitted, mask }, inverseDiagonal, propose);
  return found.rows;
}

/** A segment's weights [rows, columns]. */
function readRows(
  { shape, group, values }: LayerProblem,
  { group: index, start, columns }: Segment,
): Float64Array {
  const rowCount = shape[0] / group;
  const rowLength = values.length / shape[0];
  const rows = new Float64Array(rowCount * columns);
  for (let r = 0; r < rowCount; r++) {
    const from = (index * rowCount + r) * rowLength + start;
    rows.set(values.subarray(from, from + columns), r * columns);
  }
  return rows;
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

function reorderedColumns(rows: Float64Array, order: readonly number[]): Float64Array {
  const columns = order.length;
  const moved = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row += columns) {
    for (let j = 0; j < columns; j++) moved[row + j] = rows[row + order[j]!]!;
  }
  return moved;
}

function reorderedBoth(h: Float64Array, order: readonly number[]): Float64Array {
  const columns = order.length;
  const moved = new Float64Array(h.length);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) moved[i * columns + j] = h[order[i]! * columns + order[j]!]!;
  }
  return moved;
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
