import type { ImageNumbers } from './bootstrap-sorting.ts';

/** Weightings that are counted side by side. */
export const LANES = 4;

/** How often each image is there in each of {@link LANES} weightings: a byte a lane, so that one sum adds up all lanes. */
export interface Lanes {
  readonly packed: Int32Array;
  /** So many weights can be added up before a byte could overflow. */
  readonly run: number;
}

/** A counter a lane. */
export type LaneTotals = Uint32Array;

export function laneTotals(): LaneTotals {
  return new Uint32Array(LANES);
}

/** @param weightings at most {@link LANES}, each with the weight of every image; other lanes are empty. */
export function packLanes(weightings: readonly ArrayLike<number>[]): Lanes {
  const packed = new Int32Array(weightings[0]?.length ?? 0);
  let most = 1;
  for (const [lane, weights] of weightings.entries()) {
    for (let image = 0; image < packed.length; image++) {
      most = Math.max(most, weights[image]);
      packed[image] |= weights[image] << (8 * lane);
    }
  }
  // By chance this cannot happen: 1 in 10^500 and less.
  if (most > 255) throw new Error('An image is drawn more than 255 times.');
  return { packed, run: Math.floor(255 / most) };
}

/** Adds the weights of the images from place `from` up to `to` to the total of each lane. */
export function addWeights(
  { packed, run }: Lanes,
  image: ImageNumbers,
  from: number,
  to: number,
  totals: LaneTotals,
): void {
  let place = from;
  while (place < to) {
    const end = Math.min(place + run, to);
    let sum = 0;
    for (; place < end; place++) sum = (sum + packed[image[place]]) | 0;
    totals[0] += sum & 0xff;
    totals[1] += (sum >>> 8) & 0xff;
    totals[2] += (sum >>> 16) & 0xff;
    totals[3] += sum >>> 24;
  }
}
