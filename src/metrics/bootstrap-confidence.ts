import { type ImageNumbers, imageNumbers, imageOfEach, sortDetections } from './bootstrap-sorting.ts';
import { AXIS, POINTS } from './confidence-curves.ts';
import { type ClassSlots, sortableBits } from './ordering.ts';
import type { ImageStatistics } from './types.ts';

/** Detections with their confidence, as the curves over confidence need them. */
export interface ConfidenceColumns {
  readonly starts: Uint32Array;
  readonly image: ImageNumbers;
  readonly conf: Float32Array;
  /** Bit 0: true positive at IoU 0.5. */
  readonly tp: Uint16Array;
  /** Images of those that are, those of slot `s` from `hitStarts[s]` on. */
  readonly hitStarts: Uint32Array;
  readonly hitImage: ImageNumbers;
  /** The first place, of slot `s` and point `p` at `s * POINTS + p`, whose confidence does not reach the point of the axis. */
  readonly reached: Uint32Array;
  /** Likewise among `hitImage`. */
  readonly hitsReached: Uint32Array;
}

export function confidenceColumns(images: readonly ImageStatistics[], slots: ClassSlots): ConfidenceColumns {
  const { starts, detection } = sortDetections(
    images.map(({ cls }) => cls),
    images.map(({ conf }) => sortableBits(conf)),
    slots,
  );
  const owners = imageOfEach(images.map(({ cls }) => cls.length));
  const image = imageNumbers(images.length, detection.length);
  const conf = new Float32Array(detection.length);
  const tp = new Uint16Array(detection.length);
  for (let place = 0; place < detection.length; place++) {
    const owner = owners.image[detection[place]];
    const d = detection[place] - owners.first[owner];
    image[place] = owner;
    conf[place] = images[owner].conf[d];
    tp[place] = images[owner].tp[d];
  }

  const hitImage = image.filter((_, place) => tp[place] & 1);
  const hitStarts = new Uint32Array(starts.length);
  const reached = new Uint32Array((starts.length - 1) * POINTS);
  const hitsReached = new Uint32Array(reached.length);
  let hits = 0;
  for (let slot = 0; slot + 1 < starts.length; slot++) {
    let place = starts[slot];
    for (let point = POINTS - 1; point >= 0; point--) {
      for (; place < starts[slot + 1] && conf[place] >= AXIS[point]; place++) hits += tp[place] & 1;
      reached[slot * POINTS + point] = place;
      hitsReached[slot * POINTS + point] = hits;
    }
    hitStarts[slot + 1] = hits;
  }
  return { starts, image, conf, tp, hitStarts, hitImage, reached, hitsReached };
}
