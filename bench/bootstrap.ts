// How long it takes to resample a validation of COCO's size, 5,000 images in 80 classes with 235 detections of either model:
// `node scripts/dev.mjs node bench/bootstrap.ts [IMAGES] [DETECTIONS] [THREADS]`.
import { availableParallelism } from 'node:os';
import { mulberry32 } from '../src/calibrate/random.ts';
import type { FigureKey } from '../src/metrics/bootstrap.ts';
import { bootstrapOnThreads } from '../src/metrics/bootstrap-pool.ts';
import type { ImageStatistics } from '../src/metrics/types.ts';

const [images = 5000, detections = 235, threads = availableParallelism()] = process.argv.slice(2).map(Number);
const CLASSES = 80;

/** A label's or a detection's class: some are common, most are rare, as in COCO. */
function drawClass(random: () => number): number {
  return Math.floor(CLASSES * random() ** 3);
}

/** One image's statistics: about 7 labels, most of them found, and detections of next to no confidence for nothing. */
function drawImage(random: () => number, number: number): ImageStatistics {
  const labels = Int32Array.from({ length: Math.floor(15 * random()) }, () => drawClass(random));
  const found = [...labels].flatMap((cls) => {
    const thresholds = Math.floor(14 * random()) - 3;
    return thresholds <= 0
      ? []
      : [{ cls, conf: 0.1 + 0.9 * random(), tp: (1 << Math.min(thresholds, 10)) - 1 }];
  });
  const strays = Array.from({ length: detections - found.length }, () => ({
    cls: drawClass(random),
    conf: 0.001 + random() ** 6,
    tp: 0,
  }));
  const all = [...found, ...strays].sort((a, b) => b.conf - a.conf);
  const cls = Int32Array.from(all, (detection) => detection.cls);
  const hits = all.flatMap(({ tp }, i) => (tp ? [i] : []));
  const areas = Uint8Array.from(all, () => 0b1 | (1 << (1 + Math.floor(3 * random()))));
  return {
    path: `/images/${String(number).padStart(6, '0')}.jpg`,
    labels,
    conf: Float32Array.from(all, ({ conf }) => conf),
    cls,
    tp: Uint16Array.from(all, ({ tp }) => tp),
    coco: {
      score: Uint32Array.from(all, ({ conf }) => Math.round(conf * 1e5)),
      cls,
      rank: Uint8Array.from(all, (_, i) => Math.min(i, 99)),
      areas,
      matched: Uint32Array.from(hits),
      tp: Uint16Array.from(
        hits.flatMap((i) => [0, 1, 2, 3].map((area) => (areas[i]! & (1 << area) ? all[i]!.tp : 0))),
      ),
      ignored: new Uint16Array(4 * hits.length),
      labels,
      labelAreas: Uint8Array.from(labels, () => 0b1 | (1 << (1 + Math.floor(3 * random())))),
    },
  };
}

function drawModel(seed: number): ImageStatistics[] {
  const random = mulberry32(seed);
  return Array.from({ length: images }, (_, i) => drawImage(random, i));
}

const before = drawModel(1);
const after = drawModel(2).map((image, i) => {
  const { labels, coco } = before[i]!;
  return { ...image, labels, coco: { ...image.coco, labels, labelAreas: coco.labelAreas } };
});
const SETS: readonly (readonly FigureKey[])[] = [
  ['mAP50_95'],
  ['mAP50_95', 'P', 'R'],
  ['mAP50_95', 'mAP50', 'P', 'R', 'AP', 'AP50', 'AR100'],
];
console.log(
  `${images} images, ${detections} detections of either model, ${threads} threads, 1,000 resamples`,
);
for (const figures of SETS) {
  const started = performance.now();
  await bootstrapOnThreads(before, after, { family: 'ultralytics', figures }, { threads });
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s: ${figures.join(', ')}`);
}
