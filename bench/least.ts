/** The mean of the fastest: other processes only ever add time, so that the fastest are the least disturbed. */
export function meanOfFastest(values: readonly number[], count: number): number {
  const fastest = values.toSorted((a, b) => a - b).slice(0, count);
  return fastest.reduce((sum, value) => sum + value, 0) / fastest.length;
}
