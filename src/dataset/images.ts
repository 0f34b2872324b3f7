import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { Family } from '../protocol.ts';
import { isWithin, outside, type Roots, realPath, refuseOutside } from '../roots.ts';
import { isLfsPointer, isLfsPointerSize, lfsError } from './lfs.ts';
import { extension, withSlashes } from './paths.ts';
import { compareCodePoints, lineNumber, splitLines, strip } from './python.ts';
import { fileSize, readHead } from './small-files.ts';
import { walk } from './walk.ts';

/** Extensions that each reference takes for images: yolov5 dataloaders.py:54, ultralytics data/utils.py:33. */
const IMG_FORMATS: Readonly<Record<Family, readonly string[]>> = {
  yolov5: ['bmp', 'dng', 'jpeg', 'jpg', 'mpo', 'png', 'tif', 'tiff', 'webp', 'pfm'],
  ultralytics: 'avif bmp dng heic heif jp2 jpeg jpg mpo png tif tiff webp'.split(' '),
};

const MAX_LIST_BYTES = 64 << 20;
/** As many images as a folder may hold. */
const MAX_LINES = 1_000_000;

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
 * Other relative lines of a list are read from the working directory, as there, or else from the list's folder; its
 * byte-order mark is skipped.
 * Nothing is decoded: whether a file is a picture, and larger than 9 pixels, shows where its pixels are read.
 *
 * @param entries Existing files and folders, absolute.
 * @param roots Folders that the images may lie in; links and lines that lead elsewhere are refused.
 * @throws UserError where a folder or list is absurdly large, or an image outside of the roots.
 */
export async function listImages(
  entries: readonly string[],
  family: Family,
  roots: Roots = null,
): Promise<ImageList> {
  const formats = new Set(IMG_FORMATS[family]);
  const warnings: string[] = [];
  const lists: (readonly string[])[] = [];
  const isWanted = (name: string) => formats.has(extension(name));
  for (const entry of entries) {
    const stats = await stat(entry);
    if (stats.isDirectory()) lists.push(walk(entry, isWanted, warnings, { roots }));
    else if (isWanted(entry)) lists.push([entry]);
    else if (stats.isFile()) lists.push(await readList(entry, stats.size, formats, warnings));
    else throw notRegular(entry);
  }
  const paths = lists.flat().filter(isWanted);
  refuseOutside('Images', paths, roots);
  return { paths: paths.sort(compareCodePoints), warnings };
}

/**
 * The images of folders, lists and files without labels, such as those for calibration: as in `listImages`, and each
 * of them there.
 *
 * @param entries Paths, absolute or relative to `base`.
 * @param roots Folders that entries and images may lie in.
 * @throws UserError where an entry is missing or outside of the roots, no image is left, or images are Git LFS pointers.
 */
export async function findImages(
  entries: readonly string[],
  base: string,
  family: Family,
  roots: Roots = null,
): Promise<readonly string[]> {
  const absolute = entries.map((entry) => resolve(base, withSlashes(entry)));
  for (const entry of absolute) {
    const real = realPath(entry);
    if (roots !== null && real !== undefined && !isWithin(real, roots))
      throw outside('Images', entry, real, roots);
    if (real !== undefined) continue;
    throw new UserError(
      'dataset',
      `Images must be in a folder, a .txt list or a file that exists, but ${entry} does not.`,
      `Give its path absolute, or relative to ${base}.`,
    );
  }
  const { paths } = await listImages(absolute, family, roots);
  if (paths.length === 0) throw noImages(absolute, family);
  const states = paths.map(stateOfImage);
  const pointers = paths.filter((_, index) => states[index] === 'lfs-pointer');
  if (pointers.length > 0) throw lfsError('images', pointers);
  const missing = paths.filter((_, index) => states[index] === 'missing');
  if (missing.length > 0) throw missingImages(missing, paths.length);
  return paths;
}

/** What to tell the user where folders and lists hold no images. */
export function noImages(entries: readonly string[], family: Family): UserError {
  return new UserError(
    'dataset',
    `There must be images (${IMG_FORMATS[family].join(', ')}), but there are none in ${entries.join(', ')}.`,
    'Check that the images are in the checkout and that the path leads to them; hidden folders are not read.',
  );
}

/** What to tell the user where a list names files that are not there. */
export function missingImages(missing: readonly string[], total: number): UserError {
  return new UserError(
    'dataset',
    `Listed images must exist, but ${missing.length} of ${total} do not, first ${missing[0]}.`,
    'Mend the list; `./` at the start of a line stands for the folder of the list.',
  );
}

/** Whether an image file is there to be decoded. */
export function stateOfImage(path: string): 'there' | 'missing' | 'lfs-pointer' {
  const size = fileSize(path);
  if (size === undefined) return 'missing';
  if (!isLfsPointerSize(size)) return 'there';
  try {
    return isLfsPointer(readHead(path, size)) ? 'lfs-pointer' : 'there';
  } catch {
    return 'there'; // It is seen but cannot be opened: reported where it is decoded.
  }
}

/** Devices and pipes never end. */
function notRegular(entry: string): UserError {
  return new UserError(
    'dataset',
    `Images must be in a folder, a list or a regular file, but ${entry} is something else.`,
    'Name a folder of images or a .txt file with one path a line.',
  );
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
  const bytes = await readFile(list);
  if (countLineEnds(bytes) > 2 * MAX_LINES) {
    throw new UserError(
      'dataset',
      `A list of images must not have more than ${MAX_LINES} lines, but ${list} has more.`,
      'Name a folder of images or a .txt file with one path a line.',
    );
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  const lines = splitLines(text);
  const isImage = (line: string) => formats.has(extension(line));
  const isOther = (line: string) => !isImage(line) && !/^(#|$)/.test(strip(line));
  const images = lines.filter(isImage);
  const others = lines.filter(isOther).length;
  if (others > 0) {
    // Not their text: a list can be any file that a data.yaml names, and logs are public.
    warnings.push(
      `${others} lines of ${list} name no image and were left out, first line ${lineNumber(text, isOther)}.`,
    );
  }
  const parent = dirname(list);
  const paths = images.map(withSlashes);
  const isBare = (path: string): boolean => !isAbsolute(path) && !path.startsWith('./');
  const bare = paths.find(isBare);
  const base = bare !== undefined && fileSize(resolve(bare)) !== undefined ? process.cwd() : parent;
  return paths.map((path) => resolve(isBare(path) ? base : parent, path));
}

/** ASCII characters that end a line for Python. */
const LINE_ENDS = new Set([0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e]);

/** How many ends of lines there are at most; two of them can be one (CR LF). */
function countLineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = 0, before = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    // NEL is C2 85, the separators of lines and paragraphs are E2 80 A8 and A9.
    const isOther = (byte === 0x85 && before === 0xc2) || ((byte | 1) === 0xa9 && before === 0x80);
    if (LINE_ENDS.has(byte) || isOther) count++;
    before = byte;
  }
  return count;
}
