import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Error: Node must be 24 or newer, but this is ' + process.version + '. Install Node 24 and try again.');
  process.exit(1);
}

// src/workers/serve.ts
import { parentPort } from "node:worker_threads";

// src/report/escape.ts
var UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;
function printable(text) {
  return text.replace(UNPRINTABLE, " ");
}

// src/errors.ts
var LONGEST = 2e3;
function readable(sentence) {
  return printable(sentence.length <= LONGEST ? sentence : `${sentence.slice(0, LONGEST)} …`);
}
var UserError = class extends Error {
  kind;
  problem;
  remedy;
  constructor(kind, problem, remedy, options) {
    const [what, todo] = [readable(problem), readable(remedy)];
    super(`${what} ${todo}`, options);
    this.name = "UserError";
    this.kind = kind;
    this.problem = what;
    this.remedy = todo;
  }
};

// src/workers/messages.ts
var READY = "ready";
var OUT_OF_MEMORY = {
  kind: "runtime",
  problem: "A worker thread ran out of memory.",
  remedy: "Use fewer threads (input `threads`), or a runner with more memory."
};
function toRecord(thrown) {
  if (thrown instanceof UserError) {
    const { kind, problem, remedy } = thrown;
    return { type: "user", kind, problem, remedy };
  }
  if (thrown instanceof RangeError && /allocation failed/i.test(thrown.message)) {
    return { type: "user", ...OUT_OF_MEMORY };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { type: "bug", message: error.message, stack: error.stack ?? error.message };
}

// src/workers/serve.ts
function serve(methods2) {
  const port = parentPort;
  if (!port) throw new Error("serve() must run in a worker thread.");
  let last = Promise.resolve();
  port.on("message", ({ id, method, argument }) => {
    last = last.then(async () => {
      let answer;
      try {
        answer = { id, result: await methods2[method](argument) };
      } catch (error) {
        answer = { id, error: toRecord(error) };
      }
      port.postMessage(answer);
    });
  });
  port.postMessage(READY);
}

// src/calibrate/random.ts
function mulberry32(seed, drawn = 0) {
  let state = seed + Math.imul(drawn, 1831565813) >>> 0;
  return () => {
    state = state + 1831565813 >>> 0;
    let t = state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}
function sampleIndices(random, total, count) {
  const indices = Uint32Array.from({ length: total }, (_, i) => i);
  if (count >= total) return indices;
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (total - i));
    const moved = indices[other];
    indices[other] = indices[i];
    indices[i] = moved;
  }
  return indices.slice(0, count).sort();
}

// src/metrics/bootstrap-lanes.ts
var LANES = 4;
function laneTotals() {
  return new Uint32Array(LANES);
}
function packLanes(weightings) {
  const packed = new Int32Array(weightings[0]?.length ?? 0);
  let most = 1;
  for (const [lane, weights] of weightings.entries()) {
    for (let image = 0; image < packed.length; image++) {
      most = Math.max(most, weights[image]);
      packed[image] |= weights[image] << 8 * lane;
    }
  }
  if (most > 255) throw new Error("An image is drawn more than 255 times.");
  return { packed, run: Math.floor(255 / most) };
}
function addWeights({ packed, run }, image, from, to, totals) {
  let place = from;
  while (place < to) {
    const end = Math.min(place + run, to);
    let sum = 0;
    for (; place < end; place++) sum = sum + packed[image[place]] | 0;
    totals[0] += sum & 255;
    totals[1] += sum >>> 8 & 255;
    totals[2] += sum >>> 16 & 255;
    totals[3] += sum >>> 24;
  }
}

// src/metrics/average-precision.ts
var SAMPLES = 101;
function linspace(count) {
  const step = 1 / (count - 1);
  return Float64Array.from({ length: count }, (_, i) => i === count - 1 ? 1 : i * step);
}
var RECALLS = linspace(SAMPLES);

// src/metrics/confidence-curves.ts
var POINTS = 1e3;
var AXIS = linspace(POINTS);
var EPSILON = 1e-16;
var WINDOW = 101;
function smoothedPeak(line) {
  const half = (WINDOW - 1) / 2;
  const padded = new Float64Array(POINTS + 2 * half);
  padded.fill(line[0], 0, half);
  padded.set(line, half);
  padded.fill(line[POINTS - 1], half + POINTS);
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < POINTS; i++) {
    let smooth = 0;
    for (let j = i; j < i + WINDOW; j++) smooth += padded[j] * (1 / WINDOW);
    if (smooth > highest) {
      highest = smooth;
      best = i;
    }
  }
  return best;
}

// src/metrics/bootstrap-best-f1.ts
function bestF1Counter(labels, columns) {
  const slots = labels.classes.length;
  const lines = Array.from({ length: LANES }, () => ({
    seen: new Uint32Array(POINTS),
    hits: new Uint32Array(POINTS),
    P: new Float64Array(slots * POINTS),
    R: new Float64Array(slots * POINTS),
    F1: new Float64Array(POINTS),
    present: []
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
      if (count.every((labels2) => labels2 === 0)) continue;
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
      const mean = (line) => present.reduce((total, slot) => total + line[slot * POINTS + best], 0) / present.length;
      return { P: mean(P), R: mean(R) };
    });
  };
}
function countReaching({ starts, image, reached: reached2, hitStarts, hitImage, hitsReached }, slot, lanes, lines) {
  const seen = laneTotals();
  const hits = laneTotals();
  let place = starts[slot];
  let hit = hitStarts[slot];
  for (let point = POINTS - 1; point >= 0; point--) {
    const at = slot * POINTS + point;
    addWeights(lanes, image, place, reached2[at], seen);
    addWeights(lanes, hitImage, hit, hitsReached[at], hits);
    place = reached2[at];
    hit = hitsReached[at];
    for (let lane = 0; lane < LANES; lane++) {
      lines[lane].seen[point] = seen[lane];
      lines[lane].hits[point] = hits[lane];
    }
  }
}
function drawLines({ image, conf, tp, reached: reached2 }, slot, { packed }, lane, labels, { seen, hits, P, R, F1 }) {
  const first = slot * POINTS;
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
        let last = reached2[first + point] - 1;
        while ((packed[image[last]] >>> shift & 255) === 0) last--;
        let next = reached2[first + point];
        while ((packed[image[next]] >>> shift & 255) === 0) next++;
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
    F1[point] += 2 * p * r / (p + r + EPSILON);
  }
}

// src/metrics/ordering.ts
var DIGIT_BITS = 11;
var DIGITS = 1 << DIGIT_BITS;

// src/metrics/iou.ts
var f32 = Math.fround;
var EPSILON2 = f32(1e-7);
var IOU_COUNT = 10;
var ALL_THRESHOLDS = (1 << IOU_COUNT) - 1;
var FAMILY_THRESHOLDS = Float32Array.from(
  { length: IOU_COUNT },
  (_, t) => (50 + 5 * t) / 100
);
var COCO_THRESHOLDS = Float64Array.from(
  { length: IOU_COUNT },
  (_, t) => t === IOU_COUNT - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / 9)
);

// src/metrics/coco-match.ts
var AREA_RANGES = [
  [0, 1e5 ** 2],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e5 ** 2]
];
var AREAS = AREA_RANGES.length;

// src/metrics/bootstrap-columns.ts
var ALL = (1 << IOU_COUNT) - 1;

// src/metrics/bootstrap-precision.ts
var SAMPLES2 = 101;
var RECALLS2 = linspace(SAMPLES2);
function weightedPrecision(rule, capacity) {
  const seenAt = Array.from({ length: LANES }, () => new Float64Array(capacity));
  const seen = laneTotals();
  const AP = new Float64Array(LANES * IOU_COUNT);
  const found = new Float64Array(LANES * 3);
  const limits = new Int32Array(SAMPLES2);
  return (columns, slot, labels, lanes) => {
    const { image, matched, starts, matchedStarts, eventStarts } = columns;
    const [first, last] = [matchedStarts[slot], matchedStarts[slot + 1]];
    seen.fill(0);
    let place = starts[slot];
    for (let m = first; m < last; m++) {
      addWeights(lanes, image, place, matched[m] + 1, seen);
      place = matched[m] + 1;
      for (let lane = 0; lane < LANES; lane++) seenAt[lane][m - first] = seen[lane];
    }
    if (rule === "yolov5") addWeights(lanes, image, place, starts[slot + 1], seen);
    if (rule === "coco") countFound(columns, slot, lanes, found);
    for (let lane = 0; lane < LANES; lane++) {
      if (labels[lane] === 0) continue;
      hitLimits(labels[lane], rule, limits);
      for (let t = 0; t < IOU_COUNT; t++) {
        const group = slot * IOU_COUNT + t;
        AP[lane * IOU_COUNT + t] = averagePrecision(
          columns,
          { from: eventStarts[group], to: eventStarts[group + 1] },
          { lanes, lane, seenAt: seenAt[lane], seen: seen[lane], labels: labels[lane] },
          rule,
          limits
        );
      }
    }
    return { AP, found };
  };
}
function averagePrecision({ events, eventImage }, { from, to }, { lanes: { packed }, lane, seenAt, seen, labels }, rule, limits) {
  const shift = 8 * lane;
  let hits = 0;
  let skipped = 0;
  for (let e = from; e < to; e++) {
    const weight = packed[eventImage[e]] >>> shift & 255;
    if (events[e] & 1) skipped += weight;
    else hits += weight;
  }
  if (hits === 0) return 0;
  const recall = hits / labels;
  let sample = Math.min(SAMPLES2, Math.ceil(recall * (SAMPLES2 - 1)) + 2);
  while (sample > 0 && hits <= limits[sample - 1]) sample--;
  let limit = sample > 0 ? limits[sample - 1] : -1;
  let sum = rule === "yolov5" && recall < 1 ? lineSum(sample, recall, hits / seen) : 0;
  let highest = 0;
  for (let e = to - 1; e >= from; e--) {
    const weight = packed[eventImage[e]] >>> shift & 255;
    const event = events[e];
    if (event & 1) {
      skipped -= weight;
      continue;
    }
    const precision = hits / (seenAt[event >> 1] - skipped);
    if (precision > highest) highest = precision;
    hits -= weight;
    if (hits > limit) continue;
    const before = sample;
    while (sample > 0 && hits <= limits[sample - 1]) sample--;
    limit = sample > 0 ? limits[sample - 1] : -1;
    sum += (before - sample) * highest;
  }
  return rule === "coco" ? sum / SAMPLES2 : (sum - highest / 2) / (SAMPLES2 - 1);
}
function hitLimits(labels, rule, limits) {
  for (let k = 0; k < SAMPLES2; k++) {
    const target = RECALLS2[k];
    let hits = Math.floor(target * labels) + 1;
    while (hits > 0 && (rule === "coco" ? target <= hits / labels : target < hits / labels)) hits--;
    limits[k] = hits;
  }
}
function countFound({ image, matched, matchedStarts, hits, rank }, slot, { packed }, found) {
  found.fill(0);
  for (let m = matchedStarts[slot]; m < matchedStarts[slot + 1]; m++) {
    const weights = packed[image[matched[m]]];
    for (let lane = 0; lane < LANES; lane++) {
      const count = hits[m] * (weights >>> 8 * lane & 255);
      found[3 * lane + 2] += count;
      if (rank[m] < 10) found[3 * lane + 1] += count;
      if (rank[m] < 1) found[3 * lane] += count;
    }
  }
}
function lineSum(first, lastRecall, lastPrecision) {
  const count = SAMPLES2 - 1 - first;
  const recalls = (first + SAMPLES2 - 2) * count / 2 / (SAMPLES2 - 1);
  return lastPrecision * (count - recalls) / (1 - lastRecall);
}

// src/metrics/bootstrap-figures.ts
var COCO_AREAS = ["", "s", "m", "l"];
var [IOU_50, IOU_75] = [0, 5];
var LANE_NUMBERS = Array.from({ length: LANES }, (_, lane) => lane);
function figureCounter(columns) {
  const countFamily = familyCounter(columns);
  const { confidence } = columns;
  const countBestF1 = confidence && bestF1Counter(columns.labels, confidence);
  const areas = columns.coco.map(cocoCounter);
  return (lanes) => {
    const parts = [...countBestF1 ? [countBestF1] : [], ...areas].map((count) => count(lanes));
    return countFamily(lanes).map(({ figures, perClass }, lane) => ({
      figures: Object.assign(figures, ...parts.map((part) => part[lane])),
      perClass
    }));
  };
}
function familyCounter({ family, labels, detections }) {
  const precision = weightedPrecision(family, mostMatched(detections));
  return (lanes) => {
    const sums = new Float64Array(LANES * IOU_COUNT);
    const perClass = LANE_NUMBERS.map(() => new Float64Array(labels.classes.length).fill(Number.NaN));
    const present = eachClass(labels, detections, precision, lanes, (lane, slot, { AP }) => {
      let total = 0;
      for (let t = 0; t < IOU_COUNT; t++) {
        sums[lane * IOU_COUNT + t] += AP[lane * IOU_COUNT + t];
        total += AP[lane * IOU_COUNT + t];
      }
      perClass[lane][slot] = total / IOU_COUNT;
    });
    return LANE_NUMBERS.map((lane) => {
      const sum = (t) => sums[lane * IOU_COUNT + t];
      const mean = (total) => total / Math.max(present[lane], 1);
      return {
        figures: {
          mAP50: mean(sum(IOU_50)),
          mAP75: mean(sum(IOU_75)),
          mAP50_95: mean(sumOf(sums, lane) / IOU_COUNT)
        },
        perClass: perClass[lane]
      };
    });
  };
}
function cocoCounter({
  area,
  labels,
  detections
}) {
  const precision = weightedPrecision("coco", mostMatched(detections));
  const suffix = COCO_AREAS[area];
  return (lanes) => {
    const AP = new Float64Array(LANES * IOU_COUNT);
    const AR = LANE_NUMBERS.map(() => new Float64Array(3));
    const present = eachClass(labels, detections, precision, lanes, (lane, _, figures, count) => {
      for (let t = 0; t < IOU_COUNT; t++) AP[lane * IOU_COUNT + t] += figures.AP[lane * IOU_COUNT + t];
      for (let i = 0; i < 3; i++) AR[lane][i] += figures.found[3 * lane + i] / (IOU_COUNT * count);
    });
    return LANE_NUMBERS.map((lane) => {
      const mean = (total) => present[lane] === 0 ? -1 : total / present[lane];
      const all = mean(sumOf(AP, lane) / IOU_COUNT);
      const recall = AR[lane];
      if (suffix !== "") return { [`AP${suffix}`]: all, [`AR${suffix}`]: mean(recall[2]) };
      return {
        AP: all,
        AP50: mean(AP[lane * IOU_COUNT + IOU_50]),
        AP75: mean(AP[lane * IOU_COUNT + IOU_75]),
        AR1: mean(recall[0]),
        AR10: mean(recall[1]),
        AR100: mean(recall[2])
      };
    });
  };
}
function eachClass(labels, detections, precision, lanes, use) {
  const present = laneTotals();
  const count = laneTotals();
  for (let slot = 0; slot < labels.classes.length; slot++) {
    count.fill(0);
    addWeights(lanes, labels.image, labels.starts[slot], labels.starts[slot + 1], count);
    const figures = precision(detections, slot, count, lanes);
    for (let lane = 0; lane < LANES; lane++) {
      if (count[lane] === 0) continue;
      present[lane]++;
      use(lane, slot, figures, count[lane]);
    }
  }
  return present;
}
function mostMatched({ matchedStarts }) {
  let most = 0;
  for (let slot = 0; slot + 1 < matchedStarts.length; slot++)
    most = Math.max(most, matchedStarts[slot + 1] - matchedStarts[slot]);
  return most;
}
function sumOf(values, lane) {
  let total = 0;
  for (let t = 0; t < IOU_COUNT; t++) total += values[lane * IOU_COUNT + t];
  return total;
}

// src/metrics/bootstrap.ts
var DropCounter = class {
  #plan;
  #counters;
  constructor(plan) {
    this.#plan = plan;
    this.#counters = [figureCounter(plan.before), figureCounter(plan.after)];
  }
  /**
   * The drops of resamples number `from` up to `to`, each a half of the images, and every second one the other half of the one
   * before: the same in whatever parts they are counted.
   */
  resample(from, to) {
    const { images, seed } = this.#plan;
    const half = images >> 1;
    return this.#count(to - from, (place, weights) => {
      const pair = from + place >> 1;
      const isOtherHalf = (from + place) % 2;
      weights.fill(isOtherHalf);
      for (const image of sampleIndices(mulberry32(seed, pair * half), images, half))
        weights[image] = 1 - isOtherHalf;
    });
  }
  /** The drops where each image is there once. */
  once() {
    return this.#count(1, (_, weights) => weights.fill(1));
  }
  /** @param weigh fills in the weights, which are 0, of a weighting. */
  #count(weightings, weigh) {
    const { images, figures, classes } = this.#plan;
    const drops = new Map(figures.map((key) => [key, new Float64Array(weightings)]));
    const perClass = Array.from(classes, () => new Float64Array(weightings));
    for (let start = 0; start < weightings; start += LANES) {
      const lanes = Array.from({ length: Math.min(LANES, weightings - start) }, (_, lane) => {
        const weights = new Uint16Array(images);
        weigh(start + lane, weights);
        return weights;
      });
      const packed = packLanes(lanes);
      const [unpruned, pruned] = this.#counters.map((count) => count(packed));
      for (const lane of lanes.keys()) {
        for (const [key, drop] of drops) {
          const before = unpruned[lane].figures[key];
          drop[start + lane] = before < 0 ? Number.NaN : before - pruned[lane].figures[key];
        }
        for (const [slot, drop] of perClass.entries()) {
          drop[start + lane] = unpruned[lane].perClass[slot] - pruned[lane].perClass[slot];
        }
      }
    }
    return { figures: drops, perClass };
  }
};

// src/metrics/bootstrap-worker.ts
var counter;
var methods = {
  async load(plan) {
    counter = new DropCounter(plan);
  },
  async once() {
    return counter.once();
  },
  async resample({ from, to }) {
    return counter.resample(from, to);
  }
};
serve(methods);
