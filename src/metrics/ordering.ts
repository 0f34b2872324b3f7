const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Classes that occur, numbered without gaps. */
export interface ClassSlots {
  /** Classes, ascending. */
  readonly classes: Int32Array;
  /** Slot by class, up to the greatest that occurs; -1 for classes that do not. */
  readonly slots: Int32Array;
}

/** Slots for the classes of all the lists. */
export function classSlots(lists: readonly Int32Array[]): ClassSlots {
  const present = new Set<number>();
  for (const list of lists) for (const cls of list) present.add(cls);
  const classes = Int32Array.from(present).sort();
  const slots = new Int32Array(classes.length === 0 ? 0 : classes[classes.length - 1] + 1).fill(-1);
  for (const [slot, cls] of classes.entries()) slots[cls] = slot;
  return { classes, slots };
}

/** Detections of many images, grouped by class; in each group in the order of the images. */
export interface ClassGroups {
  /** Places of slot `s` are those from `starts[s]` up to `starts[s + 1]`. */
  readonly starts: Uint32Array;
  /** Place per detection, all images end to end; -1 for those of classes without a slot. */
  readonly places: Int32Array;
}

/** Finds each detection's place among those of its class: a counting sort by class. */
export function groupByClass(lists: readonly Int32Array[], { classes, slots }: ClassSlots): ClassGroups {
  const places = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  const starts = new Uint32Array(classes.length + 1);
  let detection = 0;
  for (const list of lists) {
    for (let d = 0; d < list.length; d++) {
      const slot = list[d] < slots.length ? slots[list[d]] : -1;
      places[detection++] = slot;
      if (slot >= 0) starts[slot + 1]++;
    }
  }
  for (let slot = 0; slot < classes.length; slot++) starts[slot + 1] += starts[slot];
  const next = starts.slice();
  for (let d = 0; d < places.length; d++) if (places[d] >= 0) places[d] = next[places[d]]++;
  return { starts, places };
}

/** Bits of non-negative float32 numbers: integers in the same order. */
export function sortableBits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** Indices by descending key; equal keys keep their order. A radix sort from the least significant digit. */
export function descending(keys: Uint32Array): Uint32Array {
  const count = keys.length;
  let order = new Uint32Array(count);
  let greatest = 0;
  for (let i = 0; i < count; i++) {
    order[i] = i;
    if (keys[i] > greatest) greatest = keys[i];
  }
  let sorted = new Uint32Array(count);
  const next = new Uint32Array(DIGITS + 1);
  for (let shift = 0; shift < 32 && greatest >>> shift > 0; shift += DIGIT_BITS) {
    next.fill(0);
    for (let i = 0; i < count; i++) next[DIGITS - ((keys[i] >>> shift) & (DIGITS - 1))]++;
    for (let digit = 0; digit < DIGITS; digit++) next[digit + 1] += next[digit];
    for (let i = 0; i < count; i++) {
      const digit = DIGITS - 1 - ((keys[order[i]] >>> shift) & (DIGITS - 1));
      sorted[next[digit]++] = order[i];
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}
