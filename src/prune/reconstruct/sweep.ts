import { block } from '../../calibrate/block.ts';
import type { MatrixProduct } from '../../calibrate/matrix-product.ts';
import { smallestIndices } from '../smallest.ts';

/** Columns over which zeros are chosen together, before the rest takes up their error. */
const BLOCK = 64;

/**
 * Zeroes weights column by column; after each column the later ones of the row take up its error.
 *
 * Source: Frantar and Alistarh, SparseGPT (arXiv 2301.00774), Algorithm 1.
 *
 * @param rows weights [rows, columns]; changed.
 * @param root {@link inverseRoot} of the damped second moments.
 * @param product multiplies what a block's errors are to the later columns.
 * @param chooseBlock marks in `mask` [rows, columns] (1 = becomes zero) what goes in the columns [start, end).
 * @param granularity number of columns that a block must not part.
 */
export async function sweep(
  rows: Float64Array,
  root: Float64Array,
  columns: number,
  mask: Uint8Array,
  product: MatrixProduct<Float64Array>,
  chooseBlock: (start: number, end: number) => void,
  granularity = 1,
): Promise<void> {
  const rowCount = rows.length / columns;
  const step = Math.ceil(BLOCK / granularity) * granularity;
  for (let start = 0; start < columns; start += step) {
    const end = Math.min(start + step, columns);
    chooseBlock(start, end);
    const width = end - start;
    const errors = new Float64Array(rowCount * width);
    for (let r = 0; r < rowCount; r++) {
      const row = r * columns;
      for (let j = start; j < end; j++) {
        if (mask[row + j] !== 1) continue;
        const error = rows[row + j]! / root[j * columns + j]!;
        errors[r * width + j - start] = error;
        rows[row + j] = 0;
        for (let k = j + 1; k < end; k++) rows[row + k]! -= error * root[j * columns + k]!;
      }
    }
    const later = columns - end;
    if (later === 0) break;
    const toLater = block(root, columns, { top: start, left: end, height: width, width: later });
    const taken = await product.plain(errors, toLater, width);
    for (let r = 0, at = 0; r < rowCount; r++) {
      for (let k = r * columns + end; k < (r + 1) * columns; k++, at++) rows[k]! -= taken[at]!;
    }
  }
}

/** Marks the `count` weights of least w² / U[j][j]² in the columns [start, end). */
export function chooseLeast(
  rows: Float64Array,
  root: Float64Array,
  columns: number,
  mask: Uint8Array,
  { start, end, count }: { readonly start: number; readonly end: number; readonly count: number },
): void {
  const rowCount = rows.length / columns;
  const width = end - start;
  const scores = new Float64Array(rowCount * width);
  for (let r = 0, at = 0; r < rowCount; r++) {
    for (let j = start; j < end; j++, at++) {
      scores[at] = (rows[r * columns + j]! / root[j * columns + j]!) ** 2;
    }
  }
  for (const index of smallestIndices(scores, count)) {
    mask[Math.floor(index / width) * columns + start + (index % width)] = 1;
  }
}
