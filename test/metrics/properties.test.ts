import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../src/metrics/evaluator.ts';
import type { Metrics } from '../../src/metrics/types.ts';
import type { Family } from '../../src/protocol.ts';
import type { Sample } from '../../src/validate/types.ts';
import { type PlainBox, plainSample, SIDE } from './samples.ts';

const CLASSES = 4;

interface Picture {
  readonly labels: readonly PlainBox[];
  readonly detections: readonly (PlainBox & { readonly conf: number })[];
}

const box = fc
  .record({
    cls: fc.nat(CLASSES - 1),
    x: fc.nat(30),
    y: fc.nat(30),
    w: fc.integer({ min: 1, max: 9 }),
    h: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ cls, x, y, w, h }): PlainBox => ({ cls, xyxy: [16 * x, 16 * y, 16 * (x + w), 16 * (y + h)] }));

const conf = fc.integer({ min: 1, max: 20 }).map((twentieths) => twentieths / 20);

/** Labels, and detections of which many sit on or near a label. */
const picture: fc.Arbitrary<Picture> = fc.array(box, { maxLength: 6 }).chain((labels) => {
  const near = fc
    .tuple(fc.constantFrom(...labels, { cls: 0, xyxy: [0, 0, 32, 32] } as const), fc.nat(8), fc.nat(8))
    .map(
      ([
        {
          cls,
          xyxy: [x1, y1, x2, y2],
        },
        dx,
        dy,
      ]): PlainBox => ({
        cls,
        xyxy: [x1 + dx, y1 + dy, x2 + dx, y2 + dy],
      }),
    );
  const detection = fc.tuple(fc.oneof(near, box), conf).map(([found, score]) => ({ ...found, conf: score }));
  return fc.record({
    labels: fc.constant(labels),
    detections: fc
      .array(detection, { maxLength: 12 })
      .map((detections) => detections.toSorted((a, b) => b.conf - a.conf)),
  });
});

const pictures = fc.array(picture, { minLength: 1, maxLength: 5 });

function samplesOf(drawn: readonly Picture[]): Sample[] {
  return drawn.map(({ labels, detections }, i) => plainSample(`/images/${i}.jpg`, labels, detections));
}

function evaluate(family: Family, samples: readonly Sample[]): Metrics {
  const evaluator = createEvaluator({ family, nc: CLASSES });
  for (const sample of samples) evaluator.add(sample);
  return evaluator.finish();
}

function expectNoneHigher(after: Metrics, before: Metrics): void {
  const slack = 1e-12;
  for (const figure of ['mAP50', 'mAP75', 'mAP50_95'] as const) {
    expect(after[figure]).toBeLessThanOrEqual(before[figure] + slack);
  }
  for (const figure of ['AP', 'AP50', 'AP75'] as const) {
    expect(after.coco[figure]).toBeLessThanOrEqual(before.coco[figure] + slack);
  }
}

describe.each(['yolov5', 'ultralytics'] as const)('%s', (family) => {
  test('the order in which images are added changes nothing', () => {
    const shuffled = pictures.chain((drawn) => {
      const samples = samplesOf(drawn);
      const all = { minLength: samples.length, maxLength: samples.length };
      return fc.tuple(fc.constant(samples), fc.shuffledSubarray(samples, all));
    });
    fc.assert(
      fc.property(shuffled, ([samples, other]) => {
        expect(evaluate(family, other)).toEqual(evaluate(family, samples));
      }),
    );
  });

  test('other numbers for the classes change nothing', () => {
    const renumber = <T extends PlainBox>(found: T): T => ({ ...found, cls: CLASSES - 1 - found.cls });
    fc.assert(
      fc.property(pictures, (drawn) => {
        const other = drawn.map(({ labels, detections }) => ({
          labels: labels.map(renumber),
          detections: detections.map(renumber),
        }));
        const before = evaluate(family, samplesOf(drawn));
        const after = evaluate(family, samplesOf(other));
        for (const figure of ['P', 'R', 'mAP50', 'mAP75', 'mAP50_95'] as const) {
          expect(after[figure]).toBeCloseTo(before[figure], 12);
        }
        expect(after.coco.AP).toBeCloseTo(before.coco.AP, 12);
        expect(after.perClass.map(({ AP50 }) => AP50)).toEqual(
          before.perClass.map(({ AP50 }) => AP50).toReversed(),
        );
      }),
    );
  });

  test('one more false positive never raises an average precision', () => {
    fc.assert(
      fc.property(pictures, conf, fc.nat(CLASSES - 1), (drawn, score, cls) => {
        const stray = { cls, xyxy: [SIDE - 8, SIDE - 8, SIDE, SIDE], conf: score } as const;
        const [first, ...rest] = drawn;
        const detections = [...first.detections, stray].toSorted((a, b) => b.conf - a.conf);
        const more = [{ labels: first.labels, detections }, ...rest];
        expectNoneHigher(evaluate(family, samplesOf(more)), evaluate(family, samplesOf(drawn)));
      }),
    );
  });

  test('the ground truth as detections reaches each protocol’s ceiling', () => {
    const distinct = fc.uniqueArray(box, { minLength: 1, maxLength: 8, selector: ({ xyxy }) => xyxy.join() });
    fc.assert(
      fc.property(fc.array(distinct, { minLength: 1, maxLength: 4 }), (drawn) => {
        const perfect = drawn.map((labels) => ({
          labels,
          detections: labels.map((label) => ({ ...label, conf: 0.9 })),
        }));
        const { mAP50, mAP75, mAP50_95, P, R, coco } = evaluate(family, samplesOf(perfect));
        for (const figure of [mAP50, mAP75, mAP50_95]) expect(figure).toBeCloseTo(0.995, 9);
        for (const figure of [P, R, coco.AP, coco.AR100]) expect(figure).toBeCloseTo(1, 9);
      }),
    );
  });
});
