/** File operations in flight at once: enough to hide a disk's latency, few enough for every limit on open files. */
const CONCURRENCY = 64;

/** `Promise.all(items.map(task))` with a bounded number of tasks running; results in the items' order. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  async function work(): Promise<void> {
    for (const [index, item] of queue) results[index] = await task(item);
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, work));
  return results;
}
