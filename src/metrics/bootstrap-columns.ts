import { AREAS } from './coco-match.ts';
import { type ClassSlots, classSlots, descending, groupByClass, sortableBits } from './ordering.ts';
import type { ImageStatistics } from './types.ts';

/** The image of each detection or label: as narrow as the number of images allows, since it is read most. */
export type ImageNumbers = Uint16Array | Uint32Array;

/** Labels that count, grouped by class: those of slot `s` are from `starts[s]` up to `starts[s + 1]`. */
export interface LabelColumns {
  readonly classes: Int32Array;
  readonly starts: Uint32Array;
  readonly image: ImageNumbers;
}

/** Detections grouped by class, each class by descending confidence: sorted once for all resamples. */
export interface DetectionColumns {
  readonly starts: Uint32Array;
  readonly image: ImageNumbers;
  /** Detections that are for a label, by place among all: those of slot `s` from `matchedStarts[s]` on. */
  readonly matchedStarts: Uint32Array;
  readonly matched: Uint32Array;
  /** Per matched detection, bit `t` for IoU threshold 0.5 + 0.05 t: whether it is a true positive there. */
  readonly tp: Uint16Array;
  /** Likewise: whether it counts neither way there. */
  readonly ignored: Uint16Array;
  /** Place of each matched detection among those of its image and class. */
  readonly rank: Uint8Array;
}

/** Detections with their confidence, as the curves over confidence need them. */
export interface ConfidenceColumns {
  readonly starts: Uint32Array;
  readonly image: ImageNumbers;
  readonly conf: Float32Array;
  readonly tp: Uint16Array;
}

/** One detection as a column takes it; `null` for one that the figures do not know. */
interface Entry {
  readonly tp: number;
  readonly ignored: number;
  readonly rank: number;
}

/** Where each detection stands once all are sorted. */
interface Sorted {
  readonly starts: Uint32Array;
  /** Detection (all images end to end) per place. */
  readonly detection: Uint32Array;
}

/** Slots for all classes that have labels: the same for both models. */
export function slotsOf(images: readonly ImageStatistics[]): ClassSlots {
  return classSlots(images.map((image) => image.labels));
}

export function familyLabels(images: readonly ImageStatistics[], slots: ClassSlots): LabelColumns {
  return labelColumns(
    images.map(({ labels }) => labels),
    slots,
    () => true,
  );
}

/** Labels that count in one of COCO's area ranges. */
export function cocoLabels(
  images: readonly ImageStatistics[],
  slots: ClassSlots,
  area: number,
): LabelColumns {
  return labelColumns(
    images.map(({ coco }) => coco.labels),
    slots,
    (image, label) => ((images[image].coco.labelAreas[label] >> area) & 1) === 1,
  );
}

export function familyDetections(images: readonly ImageStatistics[], slots: ClassSlots): DetectionColumns {
  const sorted = sortDetections(
    images.map(({ cls }) => cls),
    images.map(({ conf }) => sortableBits(conf)),
    slots,
  );
  return detectionColumns(sorted, imageOfEach(images.map(({ cls }) => cls.length)), (image, d) => ({
    tp: images[image].tp[d],
    ignored: 0,
    rank: 0,
  }));
}

/**
 * Detections as COCO counts them in one area range; those of other sizes that are for no label are left out.
 *
 * @param order the images by id, which decides between equal scores.
 */
export function cocoDetections(
  all: readonly ImageStatistics[],
  order: readonly number[],
  slots: ClassSlots,
  area: number,
): DetectionColumns {
  const images = order.map((i) => all[i].coco);
  const sorted = sortDetections(
    images.map(({ cls }) => cls),
    images.map(({ score }) => score),
    slots,
  );
  const rows = images.map((image) => {
    const row = new Int32Array(image.cls.length).fill(-1);
    for (const [i, d] of image.matched.entries()) row[d] = i;
    return row;
  });
  const columns = detectionColumns(sorted, imageOfEach(images.map(({ cls }) => cls.length)), (image, d) => {
    const statistics = images[image];
    const inRange = ((statistics.areas[d] >> area) & 1) === 1;
    const row = rows[image][d];
    if (row < 0) return inRange ? NO_LABEL : null;
    const tp = statistics.tp[AREAS * row + area];
    const ignored = inRange ? statistics.ignored[AREAS * row + area] : ~tp & 0xffff;
    return { tp, ignored, rank: statistics.rank[d] };
  });
  return { ...columns, image: columns.image.map((place) => order[place]) };
}

export function confidenceColumns(images: readonly ImageStatistics[], slots: ClassSlots): ConfidenceColumns {
  const { starts, detection } = sortDetections(
    images.map(({ cls }) => cls),
    images.map(({ conf }) => sortableBits(conf)),
    slots,
  );
  const { image, first } = imageOfEach(images.map(({ cls }) => cls.length));
  const pick = (values: (statistics: ImageStatistics) => ArrayLike<number>) => (d: number) =>
    values(images[image[d]])[d - first[image[d]]];
  return {
    starts,
    image: imageNumbers(images.length, detection.length).map((_, place) => image[detection[place]]),
    conf: Float32Array.from(
      detection,
      pick(({ conf }) => conf),
    ),
    tp: Uint16Array.from(
      detection,
      pick(({ tp }) => tp),
    ),
  };
}

const NO_LABEL: Entry = { tp: 0, ignored: 0, rank: 0 };

function imageNumbers(images: number, length: number): ImageNumbers {
  return images <= 0x10000 ? new Uint16Array(length) : new Uint32Array(length);
}

/** The image of each detection, all images end to end, and each image's first. */
function imageOfEach(counts: readonly number[]): {
  readonly image: Uint32Array;
  readonly first: Uint32Array;
} {
  const first = new Uint32Array(counts.length + 1);
  for (const [i, count] of counts.entries()) first[i + 1] = first[i] + count;
  const image = new Uint32Array(first[counts.length]);
  for (const i of counts.keys()) image.fill(i, first[i], first[i + 1]);
  return { image, first };
}

function labelColumns(
  labels: readonly Int32Array[],
  slots: ClassSlots,
  counts: (image: number, label: number) => boolean,
): LabelColumns {
  const { starts, places } = groupByClass(labels, slots);
  const image = imageNumbers(labels.length, places.length);
  const kept = new Uint8Array(places.length);
  let label = 0;
  for (const [i, list] of labels.entries()) {
    for (let l = 0; l < list.length; l++, label++) {
      image[places[label]] = i;
      kept[places[label]] = Number(counts(i, l));
    }
  }
  const { starts: keptStarts, length } = compact(starts, (place) => kept[place] === 1, image);
  return { classes: slots.classes, starts: keptStarts, image: image.subarray(0, length) };
}

/** Moves what is kept to the front of `values`, and tells where each group starts now. */
function compact(
  starts: Uint32Array,
  keep: (place: number) => boolean,
  values: ImageNumbers,
): { readonly starts: Uint32Array; readonly length: number } {
  const moved = new Uint32Array(starts.length);
  let length = 0;
  for (let slot = 0; slot + 1 < starts.length; slot++) {
    for (let place = starts[slot]; place < starts[slot + 1]; place++) {
      if (keep(place)) values[length++] = values[place];
    }
    moved[slot + 1] = length;
  }
  return { starts: moved, length };
}

/** Groups detections by class and sorts each class by descending key; equal keys keep the images' order. */
function sortDetections(
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

function detectionColumns(
  sorted: Sorted,
  images: { readonly image: Uint32Array; readonly first: Uint32Array },
  entryOf: (image: number, detection: number) => Entry | null,
): DetectionColumns {
  const slots = sorted.starts.length - 1;
  const starts = new Uint32Array(slots + 1);
  const matchedStarts = new Uint32Array(slots + 1);
  const image = imageNumbers(images.first.length - 1, sorted.detection.length);
  const matched: number[] = [];
  const tp: number[] = [];
  const ignored: number[] = [];
  const rank: number[] = [];
  let place = 0;
  for (let slot = 0; slot < slots; slot++) {
    for (let i = sorted.starts[slot]; i < sorted.starts[slot + 1]; i++) {
      const detection = sorted.detection[i];
      const owner = images.image[detection];
      const entry = entryOf(owner, detection - images.first[owner]);
      if (!entry) continue;
      image[place] = owner;
      if (entry.tp || entry.ignored) {
        matched.push(place);
        tp.push(entry.tp);
        ignored.push(entry.ignored);
        rank.push(entry.rank);
      }
      place++;
    }
    starts[slot + 1] = place;
    matchedStarts[slot + 1] = matched.length;
  }
  return {
    starts,
    image: image.subarray(0, place),
    matchedStarts,
    matched: Uint32Array.from(matched),
    tp: Uint16Array.from(tp),
    ignored: Uint16Array.from(ignored),
    rank: Uint8Array.from(rank),
  };
}
