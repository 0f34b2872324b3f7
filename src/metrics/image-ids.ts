import { basename, extname } from 'node:path';

/**
 * Numbers that images have in COCO's JSON files, in the order of `paths`: the number in the file name where every name is
 * another one (`000000000139.jpg` is 139, as in COCO itself), else the place among all paths by name, from 1.
 *
 * pycocotools goes through images by id, which decides between detections of equal score.
 */
export function imageIds(paths: readonly string[]): readonly number[] {
  const stems = paths.map((path) => basename(path, extname(path)));
  const numbers = stems.map((stem) => (/^\d{1,15}$/.test(stem) ? Number(stem) : Number.NaN));
  if (!numbers.some(Number.isNaN) && new Set(numbers).size === paths.length) return numbers;
  const order = [...paths.keys()].sort(
    (a, b) => compare(stems[a]!, stems[b]!) || compare(paths[a]!, paths[b]!),
  );
  const ids = new Array<number>(paths.length);
  for (const [place, image] of order.entries()) ids[image] = place + 1;
  return ids;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
