import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { Family } from '../protocol.ts';
import { mapConcurrently } from './concurrency.ts';
import { isLfsPointerFile, lfsError } from './lfs.ts';
import { compareCodePoints, splitLines, strip } from './python.ts';
import { withSlashes } from './split.ts';
import { walk } from './walk.ts';

/** Extensions that each reference takes for images: yolov5 dataloaders.py:54, ultralytics data/utils.py:33. */
const IMG_FORMATS: Readonly<Record<Family, readonly string[]>> = {
  yolov5: ['bmp', 'dng', 'jpeg', 'jpg', 'mpo', 'png', 'tif', 'tiff', 'webp', 'pfm'],
  ultralytics: 'avif bmp dng heic heif jp2 jpeg jpg mpo png tif tiff webp'.split(' '),
};

const MAX_LIST_BYTES = 64 << 20;

/** Image paths by a reference's rules, and what was left out. */
export interface ImageList {
  /** Absolute, sorted by code points; a path that is named twice is there twice. */
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Lists the images of folders (recursively), .txt lists (`./` stands for the list's folder) and single image files.
 *
 * Rules of yolov5 dataloaders.py:505-520 and ultralytics data/base.py:209-223: kept by extension, sorted by path.
 * Nothing is decoded: whether a file is a picture, and larger than 9 pixels, shows where its pixels are read.
 *
 * @param entries Existing files and folders, absolute.
 * @throws UserError where nothing is left, or a folder or list is absurdly large.
 */
export async function listImages(entries: readonly string[], family: Family): Promise<ImageList> {
  const formats = new Set(IMG_FORMATS[family]);
  const warnings: string[] = [];
  const paths: string[] = [];
  for (const entry of entries) {
    const stats = await stat(entry);
    const files = stats.isDirectory() ? await walk(entry, warnings) : undefined;
    if (files) paths.push(...files.filter((path) => formats.has(extension(path))));
    else if (formats.has(extension(entry))) paths.push(entry);
    else paths.push(...(await readList(entry, stats.size, formats, warnings)));
  }
  if (paths.length > 0) return { paths: paths.sort(compareCodePoints), warnings };
  throw new UserError(
    'dataset',
    `A split must name images (${IMG_FORMATS[family].join(', ')}), but there are none in ${entries.join(', ')}.`,
    'Check that the images are in the checkout and that the path leads to them; hidden folders are not read.',
  );
}

/**
 * The images of folders, lists and files without labels, such as those for calibration: as in `listImages`, and each
 * of them there.
 *
 * @param entries Paths, absolute or relative to `base`.
 * @throws UserError where an entry is missing, no image is left, or images are Git LFS pointers.
 */
export async function findImages(
  entries: readonly string[],
  base: string,
  family: Family,
): Promise<readonly string[]> {
  const absolute = entries.map((entry) => resolve(base, withSlashes(entry)));
  for (const entry of absolute) {
    if (await stat(entry).catch(() => undefined)) continue;
    throw new UserError(
      'dataset',
      `Images must be in a folder, a .txt list or a file that exists, but ${entry} does not.`,
      `Give its path absolute, or relative to ${base}.`,
    );
  }
  const { paths } = await listImages(absolute, family);
  const states = await mapConcurrently(paths, stateOfImage);
  const pointers = paths.filter((_, index) => states[index] === 'lfs-pointer');
  if (pointers.length > 0) throw lfsError('images', pointers);
  const missing = paths.filter((_, index) => states[index] === 'missing');
  if (missing.length === 0) return paths;
  throw new UserError(
    'dataset',
    `Listed images must exist, but ${missing.length} of ${paths.length} do not, first ${missing[0]}.`,
    'Mend the list; `./` at the start of a line stands for the folder of the list.',
  );
}

/** Whether an image file is there to be decoded. */
export async function stateOfImage(path: string): Promise<'there' | 'missing' | 'lfs-pointer'> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return 'missing';
  return (await isLfsPointerFile(path, stats.size)) ? 'lfs-pointer' : 'there';
}

function extension(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

async function readList(
  list: string,
  size: number,
  formats: ReadonlySet<string>,
  warnings: string[],
): Promise<string[]> {
  if (size > MAX_LIST_BYTES) {
    throw new UserError(
      'dataset',
      `A list of images must not be larger than ${MAX_LIST_BYTES} bytes, but ${list} has ${size}.`,
      'Name a folder of images or a .txt file with one path a line.',
    );
  }
  const lines = splitLines(new TextDecoder('utf-8').decode(await readFile(list)));
  const images = lines.filter((line) => formats.has(extension(line)));
  const others = lines.filter((line) => !formats.has(extension(line)) && !/^(#|$)/.test(strip(line)));
  if (others.length > 0) {
    warnings.push(`${others.length} lines of ${list} name no image and were left out, first "${others[0]}".`);
  }
  const parent = dirname(list);
  const paths = images.map(withSlashes);
  const relative = paths.find((path) => !isAbsolute(path) && !path.startsWith('./'));
  const base =
    relative === undefined || (await stat(relative).catch(() => undefined)) ? process.cwd() : parent;
  return paths.map((path) => (path.startsWith('./') ? resolve(parent, path) : resolve(base, path)));
}
