import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mulberry32 } from '../src/calibrate/random.ts';
import { cocoGroundTruth, cocoResults } from '../src/metrics/coco-json.ts';
import { createEvaluator } from '../src/metrics/evaluator.ts';
import type { Metrics } from '../src/metrics/types.ts';
import type { Sample } from '../src/validate/types.ts';
import { plainSample, SIDE } from '../test/metrics/samples.ts';
import { askPeer } from './python.ts';
import { type Context, type Measured, Needs } from './types.ts';

const NC = 80;
const LABELS = 7;
const FAMILIES = ['yolov5', 'ultralytics'] as const;

interface Timed {
  readonly samples: readonly Sample[];
  readonly metrics: Metrics;
  /** Seconds by part, of the slower family's fastest run. */
  readonly parts: Readonly<Record<string, number>>;
  readonly seconds: number;
}

let timed: Timed | null = null;

/** Both protocols' figures over as many detections as a validation of COCO's 5,000 images has. */
export async function measureMetrics(context: Context, of: 'time' | 'peer'): Promise<Measured> {
  timed ??= timeMetrics(context.quick ? 50 : 5000);
  if (of === 'time') return { value: timed.seconds, parts: timed.parts };
  const python = context.compare;
  if (python === null) throw new Needs('--compare PYTHON with faster-coco-eval');
  const { samples, metrics, seconds } = timed;
  const [truth, detections] = ['truth.json', 'detections.json'].map((name) => join(context.folder, name));
  const names = new Map(Array.from({ length: NC }, (_, id) => [id, `class ${id}`]));
  writeFileSync(truth!, JSON.stringify({ info: {}, ...cocoGroundTruth(samples, names) }));
  writeFileSync(detections!, JSON.stringify(cocoResults(samples, 'ultralytics')));
  const peers = askPeer<Record<string, { seconds: number; AP: number }>>(python, [
    'coco',
    truth!,
    detections!,
  ]);
  const fastest = peers['faster-coco-eval'];
  if (!fastest) throw new Needs('--compare PYTHON with faster-coco-eval');
  const parts: Record<string, number> = { 'this project s': seconds, 'this project AP': metrics.coco.AP };
  for (const [name, peer] of Object.entries(peers)) {
    parts[`${name} s`] = peer.seconds;
    parts[`${name} AP`] = peer.AP;
  }
  return { value: seconds / fastest.seconds, parts };
}

function timeMetrics(images: number): Timed {
  const samples = drawSamples(images);
  const runs = FAMILIES.flatMap((family) =>
    Array.from({ length: 3 }, () => {
      const started = performance.now();
      const evaluator = createEvaluator({ family, nc: NC });
      for (const sample of samples) evaluator.add(sample);
      const added = performance.now();
      const metrics = evaluator.finish();
      const ended = performance.now();
      return { family, metrics, matching: (added - started) / 1000, figures: (ended - added) / 1000 };
    }),
  );
  const total = ({ matching, figures }: (typeof runs)[number]) => matching + figures;
  const fastest = FAMILIES.map(
    (family) => runs.filter((run) => run.family === family).toSorted((a, b) => total(a) - total(b))[0]!,
  );
  const slower = fastest.toSorted((a, b) => total(b) - total(a))[0]!;
  return {
    samples,
    metrics: fastest[1]!.metrics,
    seconds: total(slower),
    parts: {
      ...Object.fromEntries(
        fastest.flatMap((run) => [
          [`${run.family} matching s`, run.matching],
          [`${run.family} figures s`, run.figures],
        ]),
      ),
      'first run s': total(runs[0]!),
    },
  };
}

/** Images of {@link LABELS} labels on average, some of their 300 detections near them, the rest anywhere. */
function drawSamples(images: number): readonly Sample[] {
  const random = mulberry32(1);
  const below = (n: number) => Math.floor(random() * n);
  const box = (): [number, number, number, number] => {
    const [width, height] = [8 + random() ** 2 * 300, 8 + random() ** 2 * 300];
    const [x, y] = [random() * (SIDE - width), random() * (SIDE - height)];
    return [x, y, x + width, y + height];
  };
  return Array.from({ length: images }, (_, image) => {
    const labels = Array.from({ length: below(2 * LABELS + 1) }, () => ({ cls: below(NC), xyxy: box() }));
    const detections = Array.from({ length: 300 }, (_, d) => {
      const label = labels.length > 0 && random() < 0.2 ? labels[below(labels.length)]! : null;
      const jitter = () => (random() - 0.5) * 20;
      const xyxy = label ? label.xyxy.map((value) => value + jitter()) : box();
      const conf = label ? 0.001 + 0.99 * random() : 0.001 + 0.3 * random() ** 4;
      return { xyxy, conf, cls: label && random() < 0.9 ? label.cls : below(NC), d };
    }).sort((a, b) => b.conf - a.conf);
    return plainSample(`/images/${String(image + 1).padStart(12, '0')}.jpg`, labels, detections);
  });
}
