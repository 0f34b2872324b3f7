import type { Family } from '../protocol.ts';
import { uniqueByBytes, uniqueRows } from './duplicates.ts';
import { parseFloatWord, splitLines, splitWords } from './python.ts';
import type { Labels } from './types.ts';

/** By which rules a label file is read. */
export interface LabelRules {
  readonly family: Family;
  /** Classes of the data set; each label's must be below it. */
  readonly classes: number;
  /** Columns of a pose row, whose first five are the box; ultralytics only. */
  readonly poseColumns: number | undefined;
}

/** What a label file comes to. */
export type LabelReading =
  | { readonly kind: 'labels'; readonly labels: Labels; readonly duplicates: number }
  /** The references leave the image out, with a warning. */
  | { readonly kind: 'dropped'; readonly reason: string }
  /** yolov5's val.py reads the image and then stops with an IndexError or KeyError. */
  | { readonly kind: 'unknown-class'; readonly cls: number; readonly row: number };

export const NO_LABELS: Labels = { count: 0, cls: new Int32Array(0), xywhn: new Float32Array(0) };

/** A rule that a label file breaks; the image is dropped. */
class BadLabels extends Error {}

/** Rows of class, centre x, centre y, width, height, and of polygons also the points they enclose. */
interface Rows {
  readonly count: number;
  readonly values: Float32Array;
  readonly polygons?: readonly Float32Array[];
}

const COLUMNS = 5;

/**
 * Reads a label file as the family's `verify_image_label` does (yolov5 dataloaders.py:897-945, ultralytics
 * data/utils.py:439-516): rows of class, centre x, centre y, width, height, or of class and polygon points, which
 * become the box around them. Values are parsed as doubles and rounded to float32, as numpy does.
 *
 * A file that breaks a rule drops its whole image. Exact duplicates are removed, and only then are the rows sorted
 * (numpy.unique). A byte-order mark is skipped for ultralytics and drops the image for yolov5, as there.
 *
 * Other than there: yolov5 keeps fractional classes, which match nothing, and here they drop the image; digits of
 * other scripts than ASCII are no numbers.
 *
 * @param bytes The file's content.
 */
export function parseLabels(bytes: Uint8Array, rules: LabelRules): LabelReading {
  try {
    const rows = readRows(splitRows(bytes, rules), rules.family);
    if (rows.count === 0) return { kind: 'labels', labels: NO_LABELS, duplicates: 0 };
    CHECKS[rules.family](rows);
    const unknown = firstUnknownClass(rows, rules.classes);
    if (unknown) {
      if (rules.family === 'yolov5') return { kind: 'unknown-class', ...unknown };
      throw new BadLabels(
        `class ${unknown.cls} in row ${unknown.row}, classes are 0 to ${rules.classes - 1}`,
      );
    }
    const kept = withoutDuplicates(rows, rules.family);
    return { kind: 'labels', labels: toLabels(rows, kept), duplicates: rows.count - kept.length };
  } catch (thrown) {
    if (thrown instanceof BadLabels) return { kind: 'dropped', reason: thrown.message };
    throw thrown;
  }
}

function splitRows(bytes: Uint8Array, { family, poseColumns }: LabelRules): string[][] {
  const lines = splitLines(decodeUtf8(bytes, family));
  const rows = lines.map(splitWords);
  if (family === 'yolov5') return rows;
  const filled = rows.filter((row) => row.length > 0);
  return poseColumns === undefined
    ? filled
    : filled.map((row) => (row.length === poseColumns ? row.slice(0, COLUMNS) : row));
}

function decodeUtf8(bytes: Uint8Array, family: Family): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: family === 'yolov5' }).decode(bytes);
  } catch {
    throw new BadLabels('it is not UTF-8 text');
  }
}

/** One row of more than six words makes all of them polygons, even a row of five: its box would be two points. */
function readRows(rows: readonly (readonly string[])[], family: Family): Rows {
  if (rows.some((row) => row.length > 6)) {
    if (family === 'ultralytics' && rows.some((row) => row.length === COLUMNS)) {
      throw new BadLabels('boxes and polygons are mixed');
    }
    return boxesAroundPolygons(rows.map((row, index) => parseRow(row, index)));
  }
  const values = new Float32Array(rows.length * COLUMNS);
  for (const [index, row] of rows.entries()) {
    if (row.length !== COLUMNS) {
      throw new BadLabels(`row ${index + 1} has ${row.length} columns, ${COLUMNS} are required`);
    }
    values.set(parseRow(row, index), index * COLUMNS);
  }
  return { count: rows.length, values };
}

function parseRow(row: readonly string[], index: number): Float32Array {
  const values = new Float32Array(row.length);
  for (let column = 0; column < row.length; column++) {
    const word = row[column]!;
    const value = parseFloatWord(word);
    if (value === undefined)
      throw new BadLabels(`"${word.slice(0, 40)}" in row ${index + 1} is not a number`);
    values[column] = value;
  }
  return values;
}

/** segments2boxes and xyxy2xywh of both references, in float32. */
function boxesAroundPolygons(rows: readonly Float32Array[]): Rows {
  const values = new Float32Array(rows.length * COLUMNS);
  const polygons: Float32Array[] = [];
  for (const [index, row] of rows.entries()) {
    if (row.length < 3 || row.length % 2 === 0) {
      throw new BadLabels(`row ${index + 1} is no polygon: ${row.length} columns are not a class and pairs`);
    }
    const polygon = row.subarray(1);
    const [x1, x2] = range(polygon, 0);
    const [y1, y2] = range(polygon, 1);
    values.set([row[0]!, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], index * COLUMNS);
    polygons.push(polygon);
  }
  return { count: rows.length, values, polygons };
}

/** Least and greatest of every second coordinate from `first` on; NaN if one is. */
function range(polygon: Float32Array, first: 0 | 1): [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (let at = first; at < polygon.length; at += 2) {
    least = Math.min(least, polygon[at]!);
    greatest = Math.max(greatest, polygon[at]!);
  }
  return [least, greatest];
}

/** yolov5 dataloaders.py:926-927. Comparisons are written so that NaN fails them. */
function checkYolov5({ values }: Rows): void {
  for (const [at, value] of values.entries()) {
    if (!(value >= 0)) throw new BadLabels(`row ${rowOf(at)} has the negative value ${value}`);
    if (at % COLUMNS > 0 && !(value <= 1)) throw outOfBounds(at, value);
    if (at % COLUMNS === 0 && value % 1 !== 0) throw fractionalClass(at, value);
  }
}

/** ultralytics data/utils.py:475-479: a hundredth outside is tolerated, a negative width or height is not. */
function checkUltralytics({ values }: Rows): void {
  for (const [at, value] of values.entries()) {
    const column = at % COLUMNS;
    const least = column > 2 ? 0 : LEAST_COORDINATE;
    if (column > 0 && !(value <= GREATEST_COORDINATE)) throw outOfBounds(at, value);
    if (!(value >= least)) throw new BadLabels(`row ${rowOf(at)} has the negative value ${value}`);
    if (column === 0 && value % 1 !== 0) throw fractionalClass(at, value);
  }
}

const CHECKS: Readonly<Record<Family, (rows: Rows) => void>> = {
  yolov5: checkYolov5,
  ultralytics: checkUltralytics,
};

const LEAST_COORDINATE = -0.01;
const GREATEST_COORDINATE = 1.01;

const rowOf = (at: number): number => Math.floor(at / COLUMNS) + 1;
const outOfBounds = (at: number, value: number): BadLabels =>
  new BadLabels(`row ${rowOf(at)} has the coordinate ${value}, which is not a share of the image`);
const fractionalClass = (at: number, value: number): BadLabels =>
  new BadLabels(`row ${rowOf(at)} has the class ${value}, which is not a whole number`);

function firstUnknownClass(rows: Rows, classes: number): { cls: number; row: number } | undefined {
  for (let row = 0; row < rows.count; row++) {
    const cls = rows.values[row * COLUMNS]!;
    if (cls >= classes) return { cls, row: row + 1 };
  }
  return undefined;
}

/** Rows to keep. Ultralytics keeps polygons that only share their class and box (data/utils.py:488-491). */
function withoutDuplicates({ count, values, polygons }: Rows, family: Family): readonly number[] {
  const kept = uniqueRows(values, COLUMNS);
  if (kept.length === count || !polygons || family === 'yolov5') return kept;
  return uniqueByBytes(polygons.map((polygon, row) => Float32Array.of(values[row * COLUMNS]!, ...polygon)));
}

function toLabels({ values }: Rows, kept: readonly number[]): Labels {
  const cls = new Int32Array(kept.length);
  const xywhn = new Float32Array(kept.length * 4);
  for (const [to, from] of kept.entries()) {
    const start = from * COLUMNS;
    cls[to] = values[start]!;
    xywhn.set(values.subarray(start + 1, start + COLUMNS), to * 4);
  }
  return { count: kept.length, cls, xywhn };
}
