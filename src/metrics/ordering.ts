const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Detections put in order: those of class slot `s` are `order[starts[s]]` up to `order[starts[s + 1]]`. */
export interface ClassOrder {
  readonly order: Uint32Array;
  readonly starts: Uint32Array;
}

/** The classes that occur in any of the lists, ascending. */
export function distinctClasses(lists: Iterable<Int32Array>): Int32Array {
  const classes = new Set<number>();
  for (const list of lists) for (const cls of list) classes.add(cls);
  return Int32Array.from(classes).sort();
}

/** Looks a class's place in `classes` up; -1 for others. */
export function slotsOf(classes: Int32Array): (cls: number) => number {
  const slots = new Map(Array.from(classes, (cls, slot) => [cls, slot]));
  return (cls) => slots.get(cls) ?? -1;
}

/** Bits of non-negative float32 numbers: integers in the same order. */
export function sortableBits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/**
 * Groups entries by slot, and in each slot sorts them by descending key; equal keys keep their order.
 *
 * A radix sort from the least significant digit: each pass is stable, and the last one is by slot.
 *
 * @param slot slot per entry, below `slots`; entries of slot -1 are left out
 * @param key key per entry
 */
export function orderByClass(slot: Int32Array, key: Uint32Array, slots: number): ClassOrder {
  let largest = 0;
  let kept = 0;
  for (let entry = 0; entry < slot.length; entry++) {
    if (slot[entry] < 0) continue;
    kept++;
    if (key[entry] > largest) largest = key[entry];
  }
  let order = new Uint32Array(kept);
  for (let entry = 0, place = 0; entry < slot.length; entry++) if (slot[entry] >= 0) order[place++] = entry;

  const bits = 32 - Math.clz32(largest);
  for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
    order = countingPass(
      order,
      DIGITS,
      (entry) => DIGITS - 1 - ((key[entry] >>> shift) & (DIGITS - 1)),
    ).order;
  }
  return countingPass(order, slots, (entry) => slot[entry]);
}

function countingPass(order: Uint32Array, values: number, digitOf: (entry: number) => number) {
  const starts = new Uint32Array(values + 1);
  for (const entry of order) starts[digitOf(entry) + 1]++;
  for (let value = 0; value < values; value++) starts[value + 1] += starts[value];
  const next = starts.slice();
  const sorted = new Uint32Array(order.length);
  for (const entry of order) sorted[next[digitOf(entry)]++] = entry;
  return { order: sorted, starts };
}
