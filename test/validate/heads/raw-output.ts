import type { HeadName } from '../../../src/validate/heads/index.ts';

/** One case of test/fixtures/detections/detections.json, as make.py there wrote it. */
export interface Case {
  readonly name: string;
  readonly head: HeadName;
  readonly batch: number;
  readonly boxes: number;
  readonly nc: number;
  readonly clusters: number;
  readonly boxScale: number;
  readonly minSize: number;
  readonly objPower: number;
  readonly clsPower: number;
  readonly steps: number;
  readonly conf: number;
  readonly iou: number;
  readonly maxDet: number;
  readonly seed: number;
  readonly results: readonly { readonly count: number; readonly sha256: string }[];
}

/** Numbers in [0, 1) from Tommy Ettinger's mulberry32. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The raw output that make.py draws for a case, value for value. */
export function rawOutput(drawing: Case): { output: Float32Array; dims: readonly number[] } {
  const { head, batch, boxes, nc, boxScale, minSize } = drawing;
  const place = mulberry32(drawing.seed);
  const places = Array.from({ length: drawing.clusters }, () => [place(), place(), place(), place()]);
  const draw = mulberry32(drawing.seed + 1);
  const channels = { yolov5: 5 + nc, 'anchor-free': 4 + nc, end2end: 6 }[head];
  const output = new Float32Array(batch * boxes * channels);
  const score = (value: number, power: number, steps: number) => {
    let squared = value;
    for (let time = 0; time < power; time++) squared *= squared;
    return steps ? Math.floor(squared * steps) / steps : squared;
  };
  for (let image = 0; image < batch; image++) {
    for (let box = 0; box < boxes; box++) {
      const [left, top, wide, high] = places[Math.floor(draw() * drawing.clusters)];
      const x = (left * 640 + draw() * 12) * boxScale;
      const y = (top * 640 + draw() * 12) * boxScale;
      const width = (wide * 160 + minSize + draw() * 12) * boxScale;
      const height = (high * 160 + minSize + draw() * 12) * boxScale;
      const own = draw();
      const perClass = Array.from({ length: nc }, draw);
      const scores = perClass.map((value) => score(value, drawing.clsPower, drawing.steps));
      const first = image * boxes * channels;
      if (head === 'yolov5') {
        const objectness = score(own, drawing.objPower, drawing.steps);
        output.set([x, y, width, height, objectness, ...scores], first + box * channels);
      } else if (head === 'anchor-free') {
        for (const [channel, value] of [x, y, width, height, ...scores].entries())
          output[first + channel * boxes + box] = value;
      } else {
        const conf = score(1 - (box + own) / boxes, drawing.clsPower, 0);
        output.set([x, y, x + width, y + height, conf, Math.floor(perClass[0] * nc)], first + box * channels);
      }
    }
  }
  const dims = head === 'anchor-free' ? [batch, channels, boxes] : [batch, boxes, channels];
  return { output, dims };
}
