const SIGN = 0x8000_0000 | 0;
const MAGNITUDE = 0x7fff_ffff;

/** Upper bits of a float32 without its sign, by which values are counted first. */
const UPPER = 15;
const LOWER = 16;

/** Where the least absolute values end. */
export interface Cut {
  /** The greatest of them. */
  readonly magnitude: number;
  /** How many are less, and how many equal it. */
  readonly below: number;
  readonly equal: number;
}

/**
 * Where the `count` least absolute values of all lists together end. Two counts over the numbers' bits find it without moving
 * any, since bits of positive floats order like integers.
 *
 * @param lists numbers without NaN.
 * @param count up to the number of values.
 */
export function cutOf(lists: readonly Float32Array[], count: number): Cut {
  const bitsOf = lists.map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length));
  const byUpper = new Uint32Array(1 << UPPER);
  for (const bits of bitsOf) {
    for (let i = 0; i < bits.length; i++) byUpper[(bits[i]! & MAGNITUDE) >>> LOWER]!++;
  }
  const { bucket: upper, below } = bucketOf(byUpper, count);
  const byLower = new Uint32Array(1 << LOWER);
  for (const bits of bitsOf) {
    for (let i = 0; i < bits.length; i++) {
      if ((bits[i]! & MAGNITUDE) >>> LOWER === upper) byLower[bits[i]! & 0xffff]!++;
    }
  }
  const { bucket: lower, below: belowToo } = bucketOf(byLower, count - below);
  const magnitude = new Float32Array(Uint32Array.of((upper << LOWER) | lower).buffer)[0]!;
  return { magnitude, below: below + belowToo, equal: byLower[lower]! };
}

/**
 * The greatest of the `count` least absolute values, where the choice leaves nothing open: where no value that is left out
 * equals it.
 *
 * @param values numbers without NaN.
 * @param count from 1 to the number of values.
 * @returns `null` where equal values lie on both sides of the cut, and the order of a sort would decide.
 */
export function magnitudeCut(values: Float32Array, count: number): number | null {
  const { magnitude, below, equal } = cutOf([values], count);
  return below + equal === count ? magnitude : null;
}

/** The bucket in which the `count`-th value lies, and how many lie in those below. */
function bucketOf(counts: Uint32Array, count: number): { readonly bucket: number; readonly below: number } {
  let below = 0;
  let bucket = 0;
  while (below + counts[bucket]! < count) below += counts[bucket++]!;
  return { bucket, below };
}

/**
 * Multiplies by zero, in place, what is not greater than `cut` in absolute value; both are finite. Without a branch, which
 * the processor could not foresee.
 */
export function zeroUpTo(cut: number, values: Float32Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const cutBits = new Int32Array(Float32Array.of(cut).buffer)[0]!;
  for (let i = 0; i < bits.length; i++) {
    const kept = (cutBits - (bits[i]! & MAGNITUDE)) >> 31;
    bits[i]! &= kept | SIGN;
  }
}
