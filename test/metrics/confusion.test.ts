import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../src/metrics/evaluator.ts';
import type { Family } from '../../src/protocol.ts';
import type { Sample } from '../../src/validate/types.ts';
import { plainSample } from './samples.ts';

const HERE = [100, 100, 200, 200] as const;
const ELSEWHERE = [400, 400, 500, 500] as const;
const BACKGROUND = 2;

/** Every count that is not 0, as "predicted for actual". */
function confused(family: Family, ...samples: readonly Sample[]): Record<string, number> {
  const evaluator = createEvaluator({ family, nc: 2 });
  for (const sample of samples) evaluator.add(sample);
  const { nc, counts } = evaluator.confusion();
  const name = (index: number) => (index === BACKGROUND ? 'background' : String(index));
  return Object.fromEntries(
    Array.from(
      counts,
      ([i, count]) => [`${name(Math.floor(i / (nc + 1)))} for ${name(i % (nc + 1))}`, count] as const,
    ),
  );
}

const label = { cls: 0, xyxy: HERE } as const;

describe('which class is taken for which', () => {
  const wrongClass = plainSample('/a.jpg', [label], [{ cls: 1, xyxy: HERE, conf: 0.9 }]);
  const onlyElsewhere = plainSample('/a.jpg', [label], [{ cls: 1, xyxy: ELSEWHERE, conf: 0.9 }]);
  const weak = plainSample('/a.jpg', [label], [{ cls: 0, xyxy: HERE, conf: 0.25 }]);
  const unlabelled = plainSample('/a.jpg', [], [{ cls: 1, xyxy: HERE, conf: 0.9 }]);

  test('boxes match across classes', () => {
    expect(confused('yolov5', wrongClass)).toEqual({ '1 for 0': 1 });
    expect(confused('ultralytics', wrongClass)).toEqual({ '1 for 0': 1 });
  });

  test('a missed label stands for background', () => {
    const blind = plainSample('/a.jpg', [label], []);
    expect(confused('yolov5', blind)).toEqual({ 'background for 0': 1 });
    expect(confused('ultralytics', blind)).toEqual({ 'background for 0': 1 });
  });

  test('yolov5 overlooks stray detections in an image without any match', () => {
    expect(confused('yolov5', onlyElsewhere)).toEqual({ 'background for 0': 1 });
    expect(confused('ultralytics', onlyElsewhere)).toEqual({ 'background for 0': 1, '1 for background': 1 });
  });

  test('yolov5 asks for a confidence above 0.25, ultralytics takes what the validator kept', () => {
    expect(confused('yolov5', weak)).toEqual({ 'background for 0': 1 });
    expect(confused('ultralytics', weak)).toEqual({ '0 for 0': 1 });
    const found = { cls: 0, xyxy: HERE, conf: 0.9 } as const;
    const weakStray = plainSample('/a.jpg', [label], [found, { cls: 1, xyxy: ELSEWHERE, conf: 0.25 }]);
    expect(confused('yolov5', weakStray)).toEqual({ '0 for 0': 1 });
    expect(confused('ultralytics', weakStray)).toEqual({ '0 for 0': 1, '1 for background': 1 });
  });

  test('yolov5 skips images without labels', () => {
    expect(confused('yolov5', unlabelled)).toEqual({});
    expect(confused('ultralytics', unlabelled)).toEqual({ '1 for background': 1 });
  });

  test('of two detections yolov5 keeps the one that overlaps more, ultralytics the more confident', () => {
    const sure = { cls: 1, xyxy: [100, 100, 200, 180], conf: 0.9 } as const;
    const exact = { cls: 0, xyxy: HERE, conf: 0.5 } as const;
    const both = plainSample('/a.jpg', [label], [sure, exact]);
    expect(confused('yolov5', both)).toEqual({ '0 for 0': 1, '1 for background': 1 });
    expect(confused('ultralytics', both)).toEqual({ '1 for 0': 1, '0 for background': 1 });
  });
});
