/**
 * `numpy.unique(rows, axis=0, return_index=True)`: the first of each group of equal rows, in the order of their values;
 * in the file's order if no two rows are equal, since then the references leave the array as it is.
 */
export function uniqueRows(values: Float32Array, columns: number): readonly number[] {
  return unique(values.length / columns, (a, b) => {
    for (let column = 0; column < columns; column++) {
      const difference = values[a * columns + column]! - values[b * columns + column]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** The same of rows of any length, compared by their little-endian bytes, as Python orders `bytes` objects. */
export function uniqueByBytes(rows: readonly Float32Array[]): readonly number[] {
  const bytes = rows.map(littleEndianBytes);
  return unique(rows.length, (a, b) => Buffer.compare(bytes[a]!, bytes[b]!));
}

function unique(count: number, compare: (a: number, b: number) => number): readonly number[] {
  const inFileOrder = Array.from({ length: count }, (_, row) => row);
  const sorted = inFileOrder.toSorted(compare);
  const kept = sorted.filter((row, at) => at === 0 || compare(sorted[at - 1]!, row) !== 0);
  return kept.length < count ? kept : inFileOrder;
}

function littleEndianBytes(row: Float32Array): Buffer {
  const bytes = Buffer.alloc(row.length * 4);
  for (const [at, value] of row.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes;
}
