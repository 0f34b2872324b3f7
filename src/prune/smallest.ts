/** What weights are ranked by; the least go first. */
export type Scores = Float32Array | Float64Array;

/**
 * Which k elements `torch.topk(values, k, largest=False)` picks on the CPU, equal values included.
 *
 * torch leaves the choice among equal values open, but makes it the same way every time: TopKImpl.h (ATen/native) runs
 * libstdc++'s `std::partial_sort` when 64·k ≤ n and `std::nth_element` otherwise, over (value, index) pairs compared by
 * value. Weights that went through int8 are full of equal values, so pruning is torch's to the bit only with the very
 * same swaps. Both algorithms are written here from their description in libstdc++'s bits/stl_algo.h and stl_heap.h.
 *
 * @param values n numbers without NaN.
 * @param k how many, 0 ≤ k ≤ n.
 * @returns the k indices, in no particular order.
 */
export function smallestIndices(values: Scores, k: number): Uint32Array {
  const n = values.length;
  const indices = new Uint32Array(n);
  for (let i = 0; i < n; i++) indices[i] = i;
  const pairs = { keys: values.slice(), indices };
  if (k > 0 && k < n) {
    if (k * 64 <= n) heapSelect(pairs, 0, k, n);
    else introselect(pairs, k - 1);
  }
  return indices.subarray(0, k);
}

/** Keys and the indices that move with them. */
interface Pairs {
  readonly keys: Scores;
  readonly indices: Uint32Array;
}

/** Afterwards no key before `nth` is greater than the key at `nth`, and none behind it is smaller. */
function introselect(pairs: Pairs, nth: number): void {
  const { keys } = pairs;
  let first = 0;
  let last = keys.length;
  let depth = 2 * Math.floor(Math.log2(last));
  while (last - first > 3) {
    if (depth === 0) {
      heapSelect(pairs, first, nth + 1, last);
      swap(pairs, first, nth);
      return;
    }
    depth--;
    const cut = partitionAroundMedian(pairs, first, last);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  insertionSort(pairs, first, last);
}

/** Moves the median of three to `first` as the pivot and partitions the rest; returns where the upper part begins. */
function partitionAroundMedian(pairs: Pairs, first: number, last: number): number {
  const { keys } = pairs;
  swap(pairs, first, medianOf(keys, first + 1, first + ((last - first) >> 1), last - 1));
  const pivot = keys[first]!;
  let low = first + 1;
  let high = last;
  for (;;) {
    while (keys[low]! < pivot) low++;
    high--;
    while (pivot < keys[high]!) high--;
    if (low >= high) return low;
    swap(pairs, low, high);
    low++;
  }
}

function medianOf(keys: Scores, a: number, b: number, c: number): number {
  if (keys[a]! < keys[b]!) {
    if (keys[b]! < keys[c]!) return b;
    return keys[a]! < keys[c]! ? c : a;
  }
  if (keys[a]! < keys[c]!) return a;
  return keys[b]! < keys[c]! ? c : b;
}

function insertionSort(pairs: Pairs, first: number, last: number): void {
  for (let i = first + 1; i < last; i++) {
    for (let j = i; j > first && pairs.keys[j]! < pairs.keys[j - 1]!; j--) swap(pairs, j, j - 1);
  }
}

/** Gathers the smallest keys of [first, last) in [first, middle), as a heap with the greatest at `first`. */
function heapSelect(pairs: Pairs, first: number, middle: number, last: number): void {
  const { keys, indices } = pairs;
  const size = middle - first;
  for (let parent = (size - 2) >> 1; parent >= 0; parent--) {
    adjustHeap(pairs, first, parent, size, keys[first + parent]!, indices[first + parent]!);
  }
  for (let i = middle; i < last; i++) {
    if (keys[i]! < keys[first]!) {
      const key = keys[i]!;
      const index = indices[i]!;
      keys[i] = keys[first]!;
      indices[i] = indices[first]!;
      adjustHeap(pairs, first, 0, size, key, index);
    }
  }
}

/** Sinks the hole at `start` to a leaf, always towards the greater child, then lets (key, index) rise from there. */
function adjustHeap(
  pairs: Pairs,
  first: number,
  start: number,
  size: number,
  key: number,
  index: number,
): void {
  const { keys, indices } = pairs;
  let hole = start;
  let child = hole;
  while (child < (size - 1) >> 1) {
    child = 2 * (child + 1);
    if (keys[first + child]! < keys[first + child - 1]!) child--;
    keys[first + hole] = keys[first + child]!;
    indices[first + hole] = indices[first + child]!;
    hole = child;
  }
  if ((size & 1) === 0 && child === (size - 2) >> 1) {
    child = 2 * child + 1;
    keys[first + hole] = keys[first + child]!;
    indices[first + hole] = indices[first + child]!;
    hole = child;
  }
  while (hole > start) {
    const parent = (hole - 1) >> 1;
    if (!(keys[first + parent]! < key)) break;
    keys[first + hole] = keys[first + parent]!;
    indices[first + hole] = indices[first + parent]!;
    hole = parent;
  }
  keys[first + hole] = key;
  indices[first + hole] = index;
}

function swap({ keys, indices }: Pairs, a: number, b: number): void {
  const key = keys[a]!;
  const index = indices[a]!;
  keys[a] = keys[b]!;
  indices[a] = indices[b]!;
  keys[b] = key;
  indices[b] = index;
}
