import { type ClassSlots, descending, groupByClass } from './ordering.ts';

/** The image of each detection or label: as narrow as the number of images allows, since it is read most. */
export type ImageNumbers = Uint16Array | Uint32Array;

/** Where each detection stands once all are sorted. */
export interface Sorted {
  readonly starts: Uint32Array;
  /** Detection (all images end to end) per place. */
  readonly detection: Uint32Array;
}

export function imageNumbers(images: number, length: number): ImageNumbers {
  return images <= 0x10000 ? new Uint16Array(length) : new Uint32Array(length);
}

/** The image of each detection, all images end to end, and each image's first. */
export function imageOfEach(counts: readonly number[]): {
  readonly image: Uint32Array;
  readonly first: Uint32Array;
} {
  const first = new Uint32Array(counts.length + 1);
  for (const [i, count] of counts.entries()) first[i + 1] = first[i] + count;
  const image = new Uint32Array(first[counts.length]);
  for (const i of counts.keys()) image.fill(i, first[i], first[i + 1]);
  return { image, first };
}

/** Groups detections by class and sorts each class by descending key; equal keys keep the images' order. */
export function sortDetections(
  classes: readonly Int32Array[],
  keys: readonly Uint32Array[],
  slots: ClassSlots,
): Sorted {
  const { starts, places } = groupByClass(classes, slots);
  const total = starts[starts.length - 1];
  const grouped = new Uint32Array(total);
  const groupedKeys = new Uint32Array(total);
  let detection = 0;
  for (const list of keys) {
    for (let d = 0; d < list.length; d++, detection++) {
      const place = places[detection];
      if (place < 0) continue;
      grouped[place] = detection;
      groupedKeys[place] = list[d];
    }
  }
  const sorted = new Uint32Array(total);
  for (let slot = 0; slot + 1 < starts.length; slot++) {
    const start = starts[slot];
    const order = descending(groupedKeys.subarray(start, starts[slot + 1]));
    for (let place = 0; place < order.length; place++) sorted[start + place] = grouped[start + order[place]];
  }
  return { starts, detection: sorted };
}
