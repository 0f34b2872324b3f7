import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { LabeledImage } from '../dataset/types.ts';
import { UserError } from '../errors.ts';
import { showJson } from '../json-value.ts';
import { readReport } from './read.ts';
import type { Report } from './report.ts';
import { type Figures, figureRows } from './rows.ts';

/** Another run's pruned model beside this one's. */
export interface ReportedBaseline {
  readonly path: string;
  /** What makes the two no comparison; null where they may be compared. */
  readonly differs: string | null;
  /** Figures of the pruned models, the earlier and this one; empty where they may not be compared. */
  readonly figures: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly was: number;
    readonly is: number;
  }[];
}

/** SHA-256 of what a data set asks of a model: names of the images, classes and boxes; wherever it lies. */
export function dataDigest(images: readonly LabeledImage[]): string {
  const hash = createHash('sha256');
  for (const { path, labels } of images) {
    hash.update(`${basename(path)}\n${labels.count}\n`);
    hash.update(labels.cls.subarray(0, labels.count));
    hash.update(labels.xywhn.subarray(0, 4 * labels.count));
  }
  return hash.digest('hex');
}

/** What must be the same for two runs' figures to mean the same, and what each must be in a report. */
const KEYS = {
  dataDigest: isWord,
  protocol: isWord,
  split: isWord,
  imgsz: isSize,
  rect: isBoolean,
  conf: isNumber,
  iou: isNumber,
  maxDet: isNumber,
} as const;

/** The pruned model's figures in a report, by their paths. */
const FIGURES = ['P', 'R', 'mAP50', 'mAP50_95', 'coco.AP', 'coco.AP50', 'coco.AR100'];

type Key = keyof typeof KEYS;

/** What another run's report is compared by. */
export interface Baseline {
  readonly validation: Pick<Report['validation'], Key> & { readonly after: Figures };
}

/**
 * Reads what a report.json is compared by. It may come from anywhere, so each of these values is looked at; the rest is not used.
 *
 * @throws {UserError} when the file cannot be read, or a value is missing or of another kind.
 */
export async function readBaseline(file: string): Promise<Baseline> {
  const report = await readReport(file);
  const expected: readonly (readonly [path: string, fits: (value: unknown) => boolean])[] = [
    ...Object.entries(KEYS).map(([key, fits]) => [`validation.${key}`, fits] as const),
    ...FIGURES.map((figure) => [`validation.after.${figure}`, isFigure] as const),
  ];
  for (const [path, fits] of expected) {
    const value = valueAt(report, path);
    if (fits(value)) continue;
    throw new UserError(
      'files',
      `baseline must be a whole report.json, but ${path} of ${file} is ${showJson(value)}.`,
      'Name the report.json that a run of this version wrote.',
    );
  }
  return report;
}

function valueAt(report: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value, key) => (value as Readonly<Record<string, unknown>> | null | undefined)?.[key], report);
}

/** A digest, or one of a few words. */
function isWord(value: unknown): boolean {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value);
}

function isSize(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isNumber(value: unknown): boolean {
  return Number.isFinite(value);
}

/** A share, or −1 where there is nothing to take it of. */
function isFigure(value: unknown): boolean {
  return typeof value === 'number' && value >= -1 && value <= 1;
}

/** Holds the pruned model against that of another run, where both were measured alike. */
export function compareBaseline(path: string, baseline: Baseline, current: Report): ReportedBaseline {
  const differing = (Object.keys(KEYS) as Key[]).filter((key) => text(baseline, key) !== text(current, key));
  if (differing.length > 0) {
    const pairs = differing.map((key) => `${key} was ${text(baseline, key)} and is ${text(current, key)}`);
    return { path, differs: pairs.join('; '), figures: [] };
  }
  const { protocol, after } = baseline.validation;
  const earlier = figureRows({
    validation: { protocol, before: after, after },
    details: { bootstrap: null },
  });
  const figures = figureRows(current).map(({ name, protocol, after }, i) => ({
    name,
    protocol,
    was: earlier[i]!.after,
    is: after,
  }));
  return { path, differs: null, figures };
}

function text({ validation }: Baseline, key: Key): string {
  const value = validation[key];
  return key === 'dataDigest' ? String(value).slice(0, 12) : String(value);
}
