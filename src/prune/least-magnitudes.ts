/** Upper bits of a float32 without its sign, by which values are counted first. */
const UPPER = 15;
const LOWER = 16;

/**
 * The greatest of the `count` least absolute values, where the choice leaves nothing open: where no value that is left out
 * equals it. Two counts over the numbers' bits find it without moving any, since bits of positive floats order like integers.
 *
 * @param values numbers without NaN.
 * @param count from 1 to the number of values.
 * @returns `null` where equal values lie on both sides of the cut, and the order of a sort would decide.
 */
export function magnitudeCut(values: Float32Array, count: number): number | null {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const byUpper = new Uint32Array(1 << UPPER);
  for (let i = 0; i < bits.length; i++) byUpper[(bits[i]! & 0x7fffffff) >>> LOWER]!++;
  const { bucket: upper, below } = bucketOf(byUpper, count);
  const byLower = new Uint32Array(1 << LOWER);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7fffffff) >>> LOWER === upper) byLower[bits[i]! & 0xffff]!++;
  }
  const { bucket: lower, below: belowToo } = bucketOf(byLower, count - below);
  if (below + belowToo + byLower[lower]! !== count) return null;
  return new Float32Array(Uint32Array.of((upper << LOWER) | lower).buffer)[0]!;
}

/** The bucket in which the `count`-th value lies, and how many lie in those below. */
function bucketOf(counts: Uint32Array, count: number): { readonly bucket: number; readonly below: number } {
  let below = 0;
  let bucket = 0;
  while (below + counts[bucket]! < count) below += counts[bucket++]!;
  return { bucket, below };
}
