import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { LabeledImage } from '../dataset/types.ts';
import type { Report } from './report.ts';
import { figureRows } from './rows.ts';

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

/** What must be the same for two runs' figures to mean the same. */
const KEYS = ['dataDigest', 'protocol', 'split', 'imgsz', 'conf', 'iou', 'maxDet'] as const;

/** Holds the pruned model against that of another run, where both were measured alike. */
export function compareBaseline(path: string, baseline: Report, current: Report): ReportedBaseline {
  const differing = KEYS.filter((key) => text(baseline, key) !== text(current, key));
  if (differing.length > 0) {
    const pairs = differing.map((key) => `${key} was ${text(baseline, key)} and is ${text(current, key)}`);
    return { path, differs: pairs.join('; '), figures: [] };
  }
  const earlier = figureRows(baseline);
  const figures = figureRows(current).map(({ name, protocol, after }, i) => ({
    name,
    protocol,
    was: earlier[i]!.after,
    is: after,
  }));
  return { path, differs: null, figures };
}

function text({ validation }: Report, key: (typeof KEYS)[number]): string {
  const value = validation[key];
  return key === 'dataDigest' ? String(value).slice(0, 12) : String(value);
}
