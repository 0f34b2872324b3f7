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

/** What files from outside may hold where a number, a length or a word is expected. */
const ODD: readonly Uint8Array[] = [
  ...[
    '0',
    '-1',
    '1e308',
    'nan',
    '[',
    '{',
    '&a',
    '*a',
    '<<: ',
    '!!',
    '\n',
    '\0',
    "'",
    '"',
    '\\',
    '\ufeff',
  ].map((text) => Buffer.from(text)),
  ...[
    [0xff, 0xff, 0xff, 0xff],
    [0x7f, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0, 0, 0, 0],
  ].map((bytes) => Uint8Array.from(bytes)),
];

/** A file made of two: bytes changed, odd ones put in, parts cut out, repeated, or taken from the other. */
export function mutated(
  first: Uint8Array,
  second: Uint8Array,
  draw: (count: number) => number,
): Uint8Array<ArrayBuffer> {
  let bytes = Buffer.from(first);
  for (let changes = 1 + draw(6); changes > 0; changes--) {
    const [from, length] = [draw(bytes.length + 1), draw(1 + draw(64))];
    const [before, part, after] = [
      bytes.subarray(0, from),
      bytes.subarray(from, from + length),
      bytes.subarray(from + length),
    ];
    const parts: readonly Uint8Array[][] = [
      [before, Uint8Array.from(part, () => draw(256)), after],
      [before, ODD[draw(ODD.length)]!, part, after],
      [before, ODD[draw(ODD.length)]!, after],
      [before, after],
      [before, ...Array<Uint8Array>(1 + draw(50)).fill(part), after],
      [before, second.subarray(draw(second.length + 1)).subarray(0, length), after],
    ];
    bytes = Buffer.concat(parts[draw(parts.length)]!);
  }
  return new Uint8Array(bytes);
}
