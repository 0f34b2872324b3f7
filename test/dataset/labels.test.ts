import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabelReading, parseLabels } from '../../src/dataset/labels.ts';
import type { Labels } from '../../src/dataset/types.ts';
import fixture from '../fixtures/dataset/labels.json' with { type: 'json' };

const FAMILIES = ['yolov5', 'ultralytics'] as const;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A case of labels.json, whose entries differ in which keys they have. */
interface Case {
  readonly name: string;
  readonly text?: string;
  readonly base64?: string;
  readonly poseColumns?: number;
  readonly yolov5: Outcome;
  readonly ultralytics: Outcome;
}
interface Outcome {
  readonly dropped?: boolean;
  readonly boxes?: readonly (readonly number[])[] | string;
  readonly duplicates?: number;
}
const cases: readonly Case[] = fixture.cases;

function contentOf({ text, base64 }: Case): Uint8Array {
  return text === undefined ? Buffer.from(base64!, 'base64') : encode(text);
}

function boxesOf({ count, cls, xywhn }: Labels): number[][] {
  return Array.from({ length: count }, (_, at) => [cls[at]!, ...xywhn.subarray(at * 4, at * 4 + 4)]);
}

/** What the reference did, with the two differences that `parseLabels` documents for yolov5. */
function expected(outcome: Outcome): unknown {
  if (outcome.dropped || typeof outcome.boxes === 'string') return 'dropped';
  const boxes = outcome.boxes ?? [];
  if (boxes.some(([cls]) => !Number.isInteger(cls))) return 'dropped';
  if (boxes.some(([cls]) => cls! >= fixture.classes)) return 'unknown-class';
  return { boxes, duplicates: outcome.duplicates };
}

function actual(reading: LabelReading): unknown {
  if (reading.kind !== 'labels') return reading.kind;
  return { boxes: boxesOf(reading.labels), duplicates: reading.duplicates };
}

/** -0 is written as 0 in neither JSON nor class indices: compare by value. */
const byValue = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(FAMILIES)('label files as %s reads them', (family) => {
  it.each(cases)('$name', (label) => {
    const rules = { family, classes: fixture.classes, poseColumns: label.poseColumns };
    const reading = parseLabels(contentOf(label), rules);
    expect(byValue(actual(reading))).toEqual(byValue(expected(label[family])));
  });
});

describe('parseLabels', () => {
  const rules = { family: 'yolov5', classes: 80, poseColumns: undefined } as const;

  it('reads back the float32 values that were written', () => {
    const unit = fc.float({ min: 0, max: 1, noNaN: true });
    const box = fc.tuple(fc.nat(79), unit, unit, unit, unit);
    const boxes = fc.uniqueArray(box, { minLength: 1, selector: (values) => values.map(Math.abs).join() });
    fc.assert(
      fc.property(boxes, fc.constantFrom(...FAMILIES), (rows, family) => {
        const text = rows.map((row) => row.join(' ')).join('\n');
        const reading = parseLabels(encode(text), { ...rules, family });
        expect(byValue(actual(reading))).toEqual(byValue({ boxes: rows, duplicates: 0 }));
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...FAMILIES), (bytes, family) => {
        expect(parseLabels(bytes, { ...rules, family }).kind).toBeDefined();
      }),
    );
  });

  it('reads polygons of more points than a call takes arguments', () => {
    const points = Array.from({ length: 200_000 }, (_, at) => `${at / 200_000} 0.5`);
    const reading = parseLabels(encode(`0 ${points.join(' ')}`), rules);
    expect(reading).toMatchObject({ kind: 'labels', labels: { count: 1 } });
  });

  it.each([
    ['0 .5 .5 .1', 'row 1 has 4 columns, 5 are required'],
    ['0 .5 .5 .1 .1\n0 .5 x .1 .1', '"x" in row 2 is not a number'],
    ['0 .5 .5 .1 .1\n0 320 .5 .1 .1', 'row 2 has the coordinate 320, which is not a share of the image'],
    ['0 -1 .5 .1 .1', 'row 1 has the negative value -1'],
    ['0.5 .5 .5 .1 .1', 'row 1 has the class 0.5, which is not a whole number'],
    ['0 .1 .1 .4 .1 .4 .4 .1', 'row 1 is no polygon: 8 columns are not a class and pairs'],
  ])('says why %j drops its image', (text, reason) => {
    expect(parseLabels(encode(text), rules)).toEqual({ kind: 'dropped', reason });
  });

  it('says which row has an unknown class', () => {
    const reading = parseLabels(encode('0 .5 .5 .1 .1\n80 .5 .5 .1 .1'), rules);
    expect(reading).toEqual({ kind: 'unknown-class', cls: 80, row: 2 });
  });
});
