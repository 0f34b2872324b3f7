const wide = new Float32Array(1);
const wideBits = new Uint32Array(wide.buffer);

/** The number that bfloat16 `bits` stand for. */
export function bfloat16ToFloat(bits: number): number {
  wideBits[0] = bits << 16;
  return wide[0]!;
}

/** The bfloat16 bits nearest to `value`, ties to even. */
export function floatToBfloat16(value: number): number {
  wide[0] = value;
  const bits = wideBits[0]!;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
