import { open } from 'node:fs/promises';
import { cocoGroundTruth, cocoResults } from '../metrics/coco-json.ts';
import type { Family } from '../protocol.ts';
import type { Sample } from '../validate/types.ts';
import { freshPath } from './fresh-path.ts';

/** Names of the files, for pycocotools and other evaluators. */
export const COCO_FILES = {
  before: 'detections-before.json',
  after: 'detections-after.json',
  groundTruth: 'ground-truth.json',
} as const;

/** All samples of both models. */
export interface CocoFiles {
  readonly before: readonly Sample[];
  readonly after: readonly Sample[];
  readonly family: Family;
  readonly names: ReadonlyMap<number, string>;
}

/** Writes both models' detections and the ground truth in COCO's form into the report folder. */
export async function writeCocoFiles(
  folder: string,
  { before, after, family, names }: CocoFiles,
): Promise<void> {
  await writeArray(await freshPath(folder, COCO_FILES.before), cocoResults(before, family));
  await writeArray(await freshPath(folder, COCO_FILES.after), cocoResults(after, family));
  const { images, categories, annotations } = cocoGroundTruth(before, names);
  const file = await open(await freshPath(folder, COCO_FILES.groundTruth), 'wx');
  try {
    await file.write(
      `{"images": ${JSON.stringify(images)},\n"categories": ${JSON.stringify(categories)},\n"annotations": `,
    );
    await writeRows(file, annotations);
    await file.write('}\n');
  } finally {
    await file.close();
  }
}

async function writeArray(path: string, rows: readonly object[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await writeRows(file, rows);
  } finally {
    await file.close();
  }
}

/** A row a line, in pieces: a large data set's detections are longer than one string may be. */
async function writeRows(file: Awaited<ReturnType<typeof open>>, rows: readonly object[]): Promise<void> {
  const piece = 10_000;
  await file.write('[\n');
  for (let start = 0; start < rows.length; start += piece) {
    const lines = rows.slice(start, start + piece).map((row) => JSON.stringify(row));
    await file.write(lines.join(',\n') + (start + piece < rows.length ? ',\n' : '\n'));
  }
  await file.write(']\n');
}
