import type { LabelColumns } from './bootstrap-columns.ts';
import type { ConfidenceColumns } from './bootstrap-confidence.ts';
import { addWeights, LANES, type Lanes, laneTotals } from './bootstrap-lanes.ts';
import { AXIS, EPSILON, POINTS, smoothedPeak } from './confidence-curves.ts';
import type { Metrics } from './types.ts';

/** One lane's lines while the classes are gone through. */
interface LaneLines {
  /** Detections that reach each point of the axis, and those of them that are for a label, of one class. */
  readonly seen: Uint32Array;
  readonly hits: Uint32Array;
  /** Precision and recall of each class: class `slot` from `slot * POINTS` on. */
  readonly P: Float64Array;
  readonly R: Float64Array;
  /** F1, summed over the classes. */
  readonly F1: Float64Array;
  /** Classes that have labels. */
  readonly present: number[];
}

/**
 * Precision and recall at the best F1 where an image counts as often as its weight says: the figures of
 * confidence-curves.ts for a list that holds each image so many times, without making that list.
 *
 * Which detections reach a point of the axis is the same for all weightings. So a point asks only for the weight of those
 * between it and the next one, and its line runs from the last detection of any weight in front of it to the first behind.
 */
export function bestF1Counter(
  labels: LabelColumns,
  columns: ConfidenceColumns,
): (lanes: Lanes) => readonly Pick<Metrics, 'P' | 'R'>[] {
  const slots = labels.classes.length;
  const lines = Array.from({ length: LANES }, () => ({
    seen: new Uint32Array(POINTS),
    hits: new Uint32Array(POINTS),
    P: new Float64Array(slots * POINTS),
    R: new Float64Array(slots * POINTS),
    F1: new Float64Array(POINTS),
    present: [] as number[],
  }));
  const count = laneTotals();

  return (lanes) => {
    for (const { F1, present } of lines) {
      F1.fill(0);
      present.length = 0;
    }
    for (let slot = 0; slot < slots; slot++) {
      count.fill(0);
      addWeights(lanes, labels.image, labels.starts[slot], labels.starts[slot + 1], count);
      if (count.every((labels) => labels === 0)) continue;
      countReaching(columns, slot, lanes, lines);
      for (const [lane, line] of lines.entries()) {
        if (count[lane] === 0) continue;
        line.present.push(slot);
        drawLines(columns, slot, lanes, lane, count[lane], line);
      }
    }
    return lines.map(({ P, R, F1, present }) => {
      if (present.length === 0) return { P: 0, R: 0 };
      const best = smoothedPeak(F1.map((sum) => sum / present.length));
      const mean = (line: Float64Array) =>
        present.reduce((total, slot) => total + line[slot * POINTS + best], 0) / present.length;
      return { P: mean(P), R: mean(R) };
    });
  };
}

/** Counts for all lanes at once the class's detections that reach each point of the axis. */
function countReaching(
  { starts, image, reached, hitStarts, hitImage, hitsReached }: ConfidenceColumns,
  slot: number,
  lanes: Lanes,
  lines: readonly LaneLines[],
): void {
  const seen = laneTotals();
  const hits = laneTotals();
  let place = starts[slot];
  let hit = hitStarts[slot];
  for (let point = POINTS - 1; point >= 0; point--) {
    const at = slot * POINTS + point;
    addWeights(lanes, image, place, reached[at], seen);
    addWeights(lanes, hitImage, hit, hitsReached[at], hits);
    place = reached[at];
    hit = hitsReached[at];
    for (let lane = 0; lane < LANES; lane++) {
      lines[lane].seen[point] = seen[lane];
      lines[lane].hits[point] = hits[lane];
    }
  }
}

/** One lane's precision, recall and F1 of one class, by the rules of `confidenceCurves`. */
function drawLines(
  { image, conf, tp, reached }: ConfidenceColumns,
  slot: number,
  { packed }: Lanes,
  lane: number,
  labels: number,
  { seen, hits, P, R, F1 }: LaneLines,
): void {
  const first = slot * POINTS;
  // All confidences reach 0.
  const count = seen[0];
  if (count === 0) {
    P.fill(0, first, first + POINTS);
    R.fill(0, first, first + POINTS);
    return;
  }
  const shift = 8 * lane;
  let drawn = -1;
  let precision = 1;
  let recall = 0;
  let precisionSlope = 0;
  let recallSlope = 0;
  let lastConf = 0;
  for (let point = POINTS - 1; point >= 0; point--) {
    if (seen[point] !== drawn) {
      drawn = seen[point];
      precisionSlope = 0;
      recallSlope = 0;
      precision = drawn === 0 ? 1 : hits[point] / drawn;
      recall = hits[point] / labels;
      if (drawn > 0 && drawn < count) {
        let last = reached[first + point] - 1;
        while (((packed[image[last]] >>> shift) & 0xff) === 0) last--;
        let next = reached[first + point];
        while (((packed[image[next]] >>> shift) & 0xff) === 0) next++;
        const nextHits = hits[point] + (tp[next] & 1);
        lastConf = conf[last];
        const width = lastConf - conf[next];
        precisionSlope = (nextHits / (drawn + 1) - precision) / width;
        recallSlope = (nextHits / labels - recall) / width;
      }
    }
    const distance = lastConf - AXIS[point];
    const p = precision + precisionSlope * distance;
    const r = recall + recallSlope * distance;
    P[first + point] = p;
    R[first + point] = r;
    F1[point] += (2 * p * r) / (p + r + EPSILON);
  }
}
