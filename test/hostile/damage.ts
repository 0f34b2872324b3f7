/** Draws the same numbers for a seed on every run (xorshift). */
export function drawing(seed: number): (count: number) => number {
  let state = (seed * 2_654_435_761 + 12_345) | 0 || 1;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

/** A copy with one to eight bytes changed. */
export function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  const draw = drawing(seed);
  const copy = Uint8Array.from(bytes);
  for (let changes = 1 + draw(8); changes > 0; changes--) copy[draw(copy.length)] = draw(256);
  return copy;
}
