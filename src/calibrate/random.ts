/**
 * Numbers in [0, 1), the same for the same seed on every machine.
 *
 * Source: mulberry32 by Tommy Ettinger, public domain.
 *
 * @param drawn how many have been drawn before: it goes on behind them.
 */
export function mulberry32(seed: number, drawn = 0): () => number {
  let state = (seed + Math.imul(drawn, 0x6d2b79f5)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` different whole numbers below `total`, all of them where there are no more, in ascending order. */
export function sampleIndices(random: () => number, total: number, count: number): Uint32Array {
  const indices = Uint32Array.from({ length: total }, (_, i) => i);
  if (count >= total) return indices;
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (total - i));
    const moved = indices[other]!;
    indices[other] = indices[i]!;
    indices[i] = moved;
  }
  return indices.slice(0, count).sort();
}
