import {
  type ImageNumbers,
  imageNumbers,
  imageOfEach,
  type Sorted,
  sortDetections,
} from './bootstrap-sorting.ts';
import { AREAS } from './coco-match.ts';
import { IOU_COUNT } from './iou.ts';
import { type ClassSlots, classSlots, groupByClass, sortableBits } from './ordering.ts';
import type { ImageStatistics } from './types.ts';

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
  /** Of each matched detection: the thresholds at which it is a true positive, how many. */
  readonly hits: Uint8Array;
  /** Place of each matched detection among those of its image and class. */
  readonly rank: Uint8Array;
  /** What happens at one threshold, in order: events of slot `s` and threshold `t` from `eventStarts[s * IOU_COUNT + t]` on. */
  readonly eventStarts: Uint32Array;
  /** Twice the matched detection's number in its slot; one more where it counts neither way instead of as a true positive. */
  readonly events: Uint32Array;
  readonly eventImage: ImageNumbers;
}

/** One detection as a column takes it; `null` for one that the figures do not know. */
interface Entry {
  /** Bit `t` for IoU threshold 0.5 + 0.05 t: whether it is a true positive there. */
  readonly tp: number;
  /** Likewise: whether it counts neither way there. */
  readonly ignored: number;
  readonly rank: number;
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
  const toImages = (places: ImageNumbers) => places.map((place) => order[place]);
  return { ...columns, image: toImages(columns.image), eventImage: toImages(columns.eventImage) };
}

/** A bit for each threshold. */
const ALL = (1 << IOU_COUNT) - 1;

const NO_LABEL: Entry = { tp: 0, ignored: 0, rank: 0 };

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

function detectionColumns(
  sorted: Sorted,
  images: { readonly image: Uint32Array; readonly first: Uint32Array },
  entryOf: (image: number, detection: number) => Entry | null,
): DetectionColumns {
  const slots = sorted.starts.length - 1;
  const numbers = images.first.length - 1;
  const starts = new Uint32Array(slots + 1);
  const matchedStarts = new Uint32Array(slots + 1);
  const image = imageNumbers(numbers, sorted.detection.length);
  const matched: number[] = [];
  const entries: Entry[] = [];
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
        entries.push(entry);
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
    hits: Uint8Array.from(entries, ({ tp }) => bitCount(tp)),
    rank: Uint8Array.from(entries, ({ rank }) => rank),
    ...eventColumns(matchedStarts, entries, (m) => image[matched[m]], numbers),
  };
}

/** Takes the matched detections apart by threshold. */
function eventColumns(
  matchedStarts: Uint32Array,
  entries: readonly Entry[],
  imageOf: (matched: number) => number,
  images: number,
): Pick<DetectionColumns, 'eventStarts' | 'events' | 'eventImage'> {
  const slots = matchedStarts.length - 1;
  const length = entries.reduce((sum, { tp, ignored }) => sum + bitCount(tp) + bitCount(ignored & ALL), 0);
  const eventStarts = new Uint32Array(slots * IOU_COUNT + 1);
  const events = new Uint32Array(length);
  const eventImage = imageNumbers(images, length);
  let next = 0;
  for (let slot = 0; slot < slots; slot++) {
    for (let t = 0; t < IOU_COUNT; t++) {
      for (let m = matchedStarts[slot]; m < matchedStarts[slot + 1]; m++) {
        const { tp, ignored } = entries[m];
        if ((((tp | ignored) >> t) & 1) === 0) continue;
        eventImage[next] = imageOf(m);
        events[next++] = 2 * (m - matchedStarts[slot]) + ((ignored >> t) & 1);
      }
      eventStarts[slot * IOU_COUNT + t + 1] = next;
    }
  }
  return { eventStarts, events, eventImage };
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count++;
  return count;
}
