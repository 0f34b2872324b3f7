import { closeSync, openSync, readSync } from 'node:fs';

/** Second moments in memory, or in a file of float64. */
export type MomentSource = Float64Array | { readonly path: string };

/** A copy of `count` numbers from `offset` on. */
export function readMoments(source: MomentSource, offset: number, count: number): Float64Array {
  if (source instanceof Float64Array) return source.slice(offset, offset + count);
  const numbers = new Float64Array(count);
  const bytes = new Uint8Array(numbers.buffer);
  const file = openSync(source.path, 'r');
  try {
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, bytes.length - at, offset * 8 + at);
      if (read === 0) throw new Error(`${source.path} is shorter than what was written to it.`);
      at += read;
    }
  } finally {
    closeSync(file);
  }
  return numbers;
}
