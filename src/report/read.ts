import { readFile, stat } from 'node:fs/promises';
import { messageOf, UserError } from '../errors.ts';
import { countBrackets, showJson } from '../json-value.ts';
import type { Report } from './report.ts';

/** A report on 80 classes has about 1 MB; it grows by the square of their number, and 2,000 make this much. */
const MAX_BYTES = 96 << 20;
/** Lists and maps: each takes twenty times as much in memory as in the file. */
const MAX_BRACKETS = 3_000_000;

const REMEDY = 'Name the report.json that a run of this version wrote.';

/** Values that stand in page and summary as they are: numbers, and words of this project's own. */
const PLAIN = new Set([
  ...['metric', 'protocol', 'decidedBy', 'device', 'sha256Before', 'sha256After', 'shape', 'imgsz'],
  ...['weights', 'zeros', 'images', 'labels', 'conf', 'iou', 'maxDet'],
]);

/** @throws {Error} at a plain value with anything in it that Markdown or HTML would read. */
export function refuseMarkup(key: string, value: unknown): unknown {
  const texts = PLAIN.has(key) ? [value].flat(Number.POSITIVE_INFINITY) : [];
  const bad = texts.find((text) => typeof text === 'string' && !/^[\w .-]*$/.test(text));
  if (bad !== undefined) throw new Error(`its ${key} is ${showJson(bad)}`);
  return value;
}

/**
 * Reads a report.json; of what it holds only that it is of this schema is checked.
 *
 * @param look is shown each key and value, and may throw.
 * @throws {UserError} when the file cannot be read, or is none that this version knows.
 */
export async function readReport(
  file: string,
  look?: (key: string, value: unknown) => unknown,
): Promise<Report> {
  const text = await readBounded(file);
  let report: Partial<Report> | null;
  try {
    report = JSON.parse(text, look) as Partial<Report> | null;
  } catch (error) {
    throw unreadable(file, messageOf(error), error);
  }
  if (report?.schema !== 1 || !report.verdict || !report.validation || !report.details) {
    throw new UserError('files', `${file} must be a report.json with schema 1, but is not.`, REMEDY);
  }
  return report as Report;
}

async function readBounded(file: string): Promise<string> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw unreadable(file, 'it is no regular file');
    if (stats.size > MAX_BYTES) throw unreadable(file, `it has ${stats.size} bytes, more than ${MAX_BYTES}`);
    const bytes = await readFile(file);
    if (countBrackets(bytes) > MAX_BRACKETS)
      throw unreadable(file, `it holds more than ${MAX_BRACKETS} lists and maps`);
    return bytes.toString();
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(file, messageOf(error), error);
  }
}

function unreadable(file: string, reason: string, cause?: unknown): UserError {
  return new UserError('files', `The report ${file} cannot be read: ${reason}.`, REMEDY, { cause });
}
