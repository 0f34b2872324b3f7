import type { CocoLabels } from '../../src/dataset/types.ts';
import type { CocoDetections } from '../../src/metrics/coco-match.ts';
import type { Family } from '../../src/protocol.ts';
import { roundHalfEven } from '../../src/round.ts';
import type { Geometry, Sample } from '../../src/validate/types.ts';

/** The sets that test/fixtures/metrics/make.py draws: the same numbers in the same order from the same seeds. */

const KINDS = [
  'plain',
  'equal confidences',
  'equal boxes',
  'one class',
  'many classes',
  'few labels',
  'few detections',
  'crowded image',
  'no detections',
  'no labels',
  'no true positives',
  'area limits',
  'over 100 of a class',
] as const;

type Kind = (typeof KINDS)[number];

type Box = [number, number, number, number];

interface DrawnLabel {
  readonly cls: number;
  readonly xywhn: Box;
}

interface DrawnDetection {
  readonly conf: number;
  readonly cls: number;
  readonly xyxy: Box;
}

export interface RandomSet {
  readonly kind: Kind;
  readonly nc: number;
  readonly samples: readonly Sample[];
}

/** mulberry32. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }
}

export function drawSet(seed: number, family: Family): RandomSet {
  const random = new Random(seed);
  const kind = KINDS[seed % KINDS.length];
  const fewer = 1 + (kind === 'one class' || kind === 'many classes' ? 0 : random.below(4));
  const nc = kind === 'many classes' ? 12 : fewer;
  const count = 1 + random.below(6);
  const named = random.next() < 0.5;
  const samples = Array.from({ length: count }, (_, index) =>
    drawSample(random, kind, family, nc, index, named ? `img${(index * 7) % 10}` : `${(index * 37) % 101}`),
  );
  return { kind, nc, samples };
}

function drawSample(
  random: Random,
  kind: Kind,
  family: Family,
  nc: number,
  index: number,
  stem: string,
): Sample {
  const geometry = drawGeometry(random, family, kind);
  const labels: DrawnLabel[] = [];
  const drawn: DrawnDetection[] = [];
  const many = kind === 'crowded image' && index === 0;
  let labelCount = many ? 1000 : random.below(9);
  if (kind === 'no labels' || (kind === 'few labels' && random.next() < 0.7)) labelCount = 0;
  for (let i = 0; i < labelCount; i++) {
    const cls = random.below(Math.max(1, nc - 1));
    labels.push({ cls, xywhn: float32Box(drawLabel(random, kind)) });
  }
  const perLabel = many ? 1 : 1 + random.below(3);
  for (const label of labels) {
    for (let i = 0; i < perLabel; i++) {
      if (random.next() < 0.25) continue;
      const cls = random.next() < 0.85 ? label.cls : random.below(nc);
      const xyxy = drawDetection(random, kind, geometry, label.xywhn);
      drawn.push({ xyxy, conf: drawConfidence(random, kind), cls });
    }
  }
  const strays = random.below(kind === 'over 100 of a class' ? 240 : 6);
  for (let i = 0; i < strays; i++) {
    const xyxy = drawDetection(random, kind, geometry, drawLabel(random, kind));
    drawn.push({ xyxy, conf: drawConfidence(random, kind), cls: random.below(nc) });
  }
  const blank = kind === 'no detections' || (kind === 'few detections' && random.next() < 0.7);
  const detections = blank ? [] : drawn.sort((a, b) => b.conf - a.conf);
  return {
    path: `/images/${stem}.jpg`,
    geometry,
    labels: {
      count: labels.length,
      cls: Int32Array.from(labels, ({ cls }) => cls),
      xywhn: Float32Array.from(labels.flatMap(({ xywhn }) => xywhn)),
    },
    detections: {
      count: detections.length,
      xyxy: Float32Array.from(detections.flatMap(({ xyxy }) => xyxy)),
      conf: Float32Array.from(detections, ({ conf }) => conf),
      cls: Int32Array.from(detections, ({ cls }) => cls),
    },
  };
}

function drawGeometry(random: Random, family: Family, kind: Kind): Geometry {
  const fixed = kind === 'area limits';
  const imgsz = fixed ? 640 : [320, 416, 640][random.below(3)];
  const nativeWidth = fixed ? 640 : 20 + random.below(900);
  const nativeHeight = fixed ? 640 : 20 + random.below(900);
  const scale = imgsz / Math.max(nativeWidth, nativeHeight);
  const cap = family === 'ultralytics' ? imgsz : Number.POSITIVE_INFINITY;
  const loadedWidth = Math.min(Math.ceil(nativeWidth * scale), cap);
  const loadedHeight = Math.min(Math.ceil(nativeHeight * scale), cap);
  const ratio = Math.min(imgsz / loadedHeight, imgsz / loadedWidth, 1);
  const padX = (imgsz - Math.max(roundHalfEven(loadedWidth * ratio), 1)) / 2;
  const padY = (imgsz - Math.max(roundHalfEven(loadedHeight * ratio), 1)) / 2;
  return {
    nativeWidth,
    nativeHeight,
    loadedWidth,
    loadedHeight,
    ratio,
    padX,
    padY,
    left: roundHalfEven(padX - 0.1),
    top: roundHalfEven(padY - 0.1),
    width: imgsz,
    height: imgsz,
  };
}

function drawLabel(random: Random, kind: Kind): Box {
  if (kind === 'area limits') {
    const sides = [0.05, 0.15, 0.0499, 0.1501];
    return [random.next(), random.next(), sides[random.below(4)], sides[random.below(4)]];
  }
  if (kind === 'equal boxes') return [(1 + random.below(3)) / 4, (1 + random.below(3)) / 4, 0.25, 0.25];
  const size = kind === 'crowded image' ? 0.02 : 0.5;
  const w = random.next();
  const h = random.next();
  return [random.next(), random.next(), w * w * size + 0.01, h * h * size + 0.01];
}

function drawDetection(random: Random, kind: Kind, geometry: Geometry, label: Box): Box {
  const loaded = [geometry.loadedWidth, geometry.loadedHeight];
  const offset = [geometry.left, geometry.top];
  const box: Box = [0, 0, 0, 0];
  for (const axis of [0, 1]) {
    const scale = loaded[axis] * geometry.ratio;
    const centre = label[axis] * scale + offset[axis];
    const extent = label[axis + 2] * scale;
    const jitter = random.next() < 0.2 ? 0 : 0.3 * random.next();
    let low = centre - extent / 2 + (random.next() - 0.5) * jitter * extent;
    let high = centre + extent / 2 + (random.next() - 0.5) * jitter * extent;
    if (kind === 'equal boxes') {
      low = Math.floor(low / 8) * 8;
      high = Math.floor(high / 8) * 8 + 8;
    }
    if (kind === 'no true positives') {
      low = low + 2 * extent + 2;
      high = high + 2 * extent + 2;
    }
    box[axis] = low;
    box[axis + 2] = high;
  }
  return float32Box(box);
}

function drawConfidence(random: Random, kind: Kind): number {
  const value = 0.002 + 0.99 * random.next() * random.next();
  return Math.fround(kind === 'equal confidences' ? (1 + Math.floor(value * 8)) / 10 : value);
}

function float32Box([a, b, c, d]: Box): Box {
  return [Math.fround(a), Math.fround(b), Math.fround(c), Math.fround(d)];
}

/** Images with crowds, and outlines smaller than their boxes, for COCO's rule alone. */
export function drawCrowdSet(
  seed: number,
): { readonly labels: CocoLabels; readonly detections: CocoDetections }[] {
  const random = new Random(seed);
  return Array.from({ length: 1 + random.below(4) }, () => {
    const labels = Array.from({ length: random.below(12) }, () => {
      const [x, y] = [random.below(200), random.below(200)];
      const [w, h] = [1 + random.below(150), 1 + random.below(150)];
      const area = w * h * (random.next() < 0.5 ? 1 : 0.6);
      return { cls: random.below(3), box: [x, y, w, h], area, crowd: random.next() < 0.3 ? 1 : 0 };
    });
    const detections = labels
      .flatMap(({ cls, box: [x, y, w, h] }) =>
        Array.from({ length: random.below(4) }, () => {
          const score = (1 + random.below(20)) * 5000;
          const corner = [x + random.below(12) - 6, y + random.below(12) - 6];
          return { score, cls, box: [...corner, w + random.below(5), h + random.below(5)] };
        }),
      )
      .sort((a, b) => b.score - a.score);
    return {
      labels: {
        cls: Int32Array.from(labels, ({ cls }) => cls),
        ltwh: Float64Array.from(labels.flatMap(({ box }) => box)),
        area: Float64Array.from(labels, ({ area }) => area),
        crowd: Uint8Array.from(labels, ({ crowd }) => crowd),
      },
      detections: {
        cls: Int32Array.from(detections, ({ cls }) => cls),
        ltwh: Float64Array.from(detections.flatMap(({ box }) => box)),
        score: Uint32Array.from(detections, ({ score }) => score),
      },
    };
  });
}
