import { block } from './block.ts';
import type { MatrixProduct } from './matrix-product.ts';
import { type FeatureMap, type Grid, gatherPatches, gridOf } from './patches.ts';
import { sampleIndices } from './random.ts';
import type { Site } from './sites.ts';

/** Sums over the columns x that a site's window saw, each counted by its weight. */
export interface Moments {
  /** Σ x·xᵀ of each segment, row by row, one segment after the other. */
  readonly products: Float64Array;
  /** Σ x of each segment, one after the other. */
  readonly sums: Float64Array;
  /** Σ 1. */
  total: number;
}

/** What the columns are on average; by what they vary around it a bias can be told from the weights. */
export type Centre = Pick<Moments, 'sums' | 'total'>;

/** Empty sums, in memory that threads can share. */
export function emptyMoments({ momentCount, segments }: Site): Moments {
  const last = segments.at(-1)!;
  return {
    products: shared(momentCount),
    sums: shared(last.sumOffset + last.columns),
    total: 0,
  };
}

function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

/** Columns up to which a loop is faster than a call of ONNX Runtime. */
const FEW_COLUMNS = 32;

/**
 * Adds one picture to a site's moments.
 *
 * @param weightsOf what each place of the grid counts.
 * @param placeCount how many places are looked at, chosen by `random`; all of a smaller grid.
 */
export async function addPicture(
  moments: Moments,
  site: Site,
  map: FeatureMap,
  weightsOf: (grid: Grid) => Float32Array,
  { placeCount, random, product }: PictureOptions,
): Promise<void> {
  const grid = gridOf(site, map);
  const places = sampleIndices(random, grid.height * grid.width, placeCount);
  const allWeights = weightsOf(grid);
  const weights = Float32Array.from(places, (place) => allWeights[place]!);
  const roots = weights.map(Math.sqrt);
  for (const weight of weights) moments.total += weight;
  for (const segment of site.segments) {
    const { columns, momentOffset, sumOffset } = segment;
    const patches = gatherPatches(site, segment, map, grid, places);
    const sums = moments.sums.subarray(sumOffset, sumOffset + columns);
    for (let p = 0, at = 0; p < places.length; p++) {
      const [weight, root] = [weights[p]!, roots[p]!];
      for (let j = 0; j < columns; j++, at++) {
        sums[j]! += weight * patches[at]!;
        patches[at]! *= root;
      }
    }
    const products = moments.products.subarray(momentOffset, momentOffset + columns ** 2);
    if (columns <= FEW_COLUMNS) addProducts(products, patches, columns);
    else await addSquare({ products, columns, product }, patches, places.length, 0);
  }
}

/** Columns up to which both halves of xᵀ·x are computed; more are halved, and what lies below the diagonal is left out. */
const SQUARE_COLUMNS = 192;

/**
 * Adds xᵀ·x to the columns from `first` on.
 *
 * @param x [places, some of the columns].
 */
async function addSquare(to: SquareSums, x: Float32Array, places: number, first: number): Promise<void> {
  const width = x.length / places;
  if (width <= SQUARE_COLUMNS) {
    addBlock(to, await to.product.transposed(x, x, places), first, first, width);
    return;
  }
  const half = width >> 1;
  const columns = (from: number, to: number) =>
    block(x, width, { top: 0, left: from, height: places, width: to - from });
  const [left, right] = [columns(0, half), columns(half, width)];
  await addSquare(to, left, places, first);
  await addSquare(to, right, places, first + half);
  addBlock(to, await to.product.transposed(left, right, places), first, first + half, width - half);
}

interface SquareSums {
  readonly products: Float64Array;
  readonly columns: number;
  readonly product: MatrixProduct<Float32Array>;
}

function addBlock(
  { products, columns }: SquareSums,
  block: Float32Array,
  top: number,
  left: number,
  width: number,
): void {
  for (let from = 0, to = top * columns + left; from < block.length; from += width, to += columns) {
    for (let j = 0; j < width; j++) products[to + j]! += block[from + j]!;
  }
}

/** Copies what lies above the diagonal of each segment's products below it, once all pictures are there. */
export function mirror({ products }: Moments, { segments }: Site): void {
  for (const { momentOffset, columns } of segments) {
    for (let i = 1; i < columns; i++) {
      for (let j = 0; j < i; j++) {
        products[momentOffset + i * columns + j] = products[momentOffset + j * columns + i]!;
      }
    }
  }
}

export interface PictureOptions {
  readonly placeCount: number;
  readonly random: () => number;
  readonly product: MatrixProduct<Float32Array>;
}

function addProducts(products: Float64Array, patches: Float32Array, columns: number): void {
  for (let row = 0; row < patches.length; row += columns) {
    for (let i = 0; i < columns; i++) {
      const value = patches[row + i]!;
      if (value === 0) continue;
      for (let j = 0; j < columns; j++) products[i * columns + j]! += value * patches[row + j]!;
    }
  }
}

/** Adds one part's sums to another's. */
export function addMoments(to: Moments, from: Moments): void {
  for (let i = 0; i < to.products.length; i++) to.products[i]! += from.products[i]!;
  for (let i = 0; i < to.sums.length; i++) to.sums[i]! += from.sums[i]!;
  to.total += from.total;
}
