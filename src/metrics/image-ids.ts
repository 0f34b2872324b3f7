import { basename, extname } from 'node:path';
import type { ImageStatistics } from './types.ts';

/**
 * Numbers that images have in COCO's JSON files, in the order of `paths`: those that came with the ground
 * truth, else the number in the file name (`000000000139.jpg` is 139, as in COCO itself), where every image
 * has another one. Otherwise the place among all, from 1: by these numbers where only copies share one, else
 * by name.
 *
 * pycocotools goes through images by id, which decides between detections of equal score.
 *
 * @param given the number of each image in a COCO JSON that the ground truth was read from
 */
export function imageIds(
  paths: readonly string[],
  given: readonly (number | undefined)[] = [],
): readonly number[] {
  const stems = paths.map((path) => basename(path, extname(path)));
  const numbers = stems.map((stem, image) => given[image] ?? numberIn(stem));
  const distinct = new Set(numbers).size;
  const numbered = !numbers.some(Number.isNaN) && distinct === new Set(paths).size;
  if (numbered && distinct === paths.length) return numbers;
  const order = [...paths.keys()].sort((a, b) =>
    numbered ? numbers[a]! - numbers[b]! : compare(stems[a]!, stems[b]!) || compare(paths[a]!, paths[b]!),
  );
  const ids = new Array<number>(paths.length);
  for (const [place, image] of order.entries()) ids[image] = place + 1;
  return ids;
}

/** Places of images in pycocotools' order. */
export function orderById(images: readonly Pick<ImageStatistics, 'path' | 'id'>[]): readonly number[] {
  const ids = imageIds(
    images.map(({ path }) => path),
    images.map(({ id }) => id),
  );
  return [...ids.keys()].sort((a, b) => ids[a]! - ids[b]!);
}

function numberIn(stem: string): number {
  return /^\d{1,15}$/.test(stem) ? Number(stem) : Number.NaN;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
