import { readFile, stat } from 'node:fs/promises';
import { messageOf, UserError } from '../errors.ts';
import { countBrackets, showJson } from '../json-value.ts';
import { withoutOutlines } from './coco-outlines.ts';
import { isLfsPointer, lfsError } from './lfs.ts';

/** One entry of `images`. */
export interface CocoImage {
  readonly id: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** One entry of `categories`. */
export interface CocoCategory {
  readonly id: number;
  readonly name: string;
}

/** One entry of `annotations`, as far as boxes go. */
export interface CocoAnnotation {
  readonly categoryId: number;
  /** Left, top, width, height in pixels of the image; width and height may be 0. */
  readonly bbox: readonly [number, number, number, number];
  /** Area of the object in pixels²; the box's where the file has none. */
  readonly area: number;
  readonly crowd: boolean;
}

/** What an `instances_*.json` holds. Images and annotations are checked when they are asked for. */
export interface CocoFile {
  readonly categories: readonly CocoCategory[];
  /** Every image's file name as written, by place. */
  readonly fileNames: readonly string[];
  /** The image at a place. */
  image(place: number): CocoImage;
  /** The annotations of an image, in the file's order. */
  annotations(imageId: number): readonly CocoAnnotation[];
  readonly warnings: readonly string[];
}

type Entry = Readonly<Record<string, unknown>>;

/** COCO's val2017 has 20 MB, LVIS' 192 MB, most of it outlines. */
const MAX_BYTES = 256 << 20;
/** Without outlines. Reading takes some seven times as much memory. */
const MAX_READ_BYTES = 96 << 20;
/** Lists and maps: a box is two of them. An empty one takes three bytes in the file, and twenty times as much in memory. */
const MAX_BRACKETS = 3_000_000;

const WHERE_FROM =
  "Give the ground truth in the form of COCO's instances_*.json: `images`, `categories` and `annotations` with `bbox`.";

/**
 * Reads ground truth in the form of COCO's `instances_*.json` (https://cocodataset.org/#format-data).
 *
 * What pycocotools and the converters of the references do without is not asked for: `area` and `iscrowd` may
 * be missing, annotation ids are not used. Outlines are not read: every annotation needs its `bbox`.
 *
 * @throws UserError where the file is none such; `image` and `annotations` where an entry that they return is
 *   not.
 */
export async function readCocoFile(file: string): Promise<CocoFile> {
  const content = parse(await readBounded(file), file);
  const images = entriesOf(content, 'images', file);
  const ids = distinctIds(images, 'images', file);
  const annotations = entriesOf(content, 'annotations', file);
  const { byImage, warnings } = groupAnnotations(annotations, ids, file);
  return {
    categories: readCategories(entriesOf(content, 'categories', file), file),
    fileNames: images.map((image, place) => textOf(image, 'file_name', `images[${place}]`, file)),
    image: (place) => readImageEntry(images[place]!, place, file),
    annotations: (imageId) =>
      (byImage.get(imageId) ?? []).map((place) => readAnnotation(annotations[place]!, place, file)),
    warnings,
  };
}

async function readBounded(file: string): Promise<Buffer> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile()) throw wrong(file, `it is ${stats ? 'no file' : 'not there'}`);
  if (stats.size > MAX_BYTES) {
    throw tooMuch(`be larger than ${MAX_BYTES} bytes`, `${file} has ${stats.size}`);
  }
  return readFile(file);
}

function tooMuch(what: string, was: string): UserError {
  return new UserError(
    'dataset',
    `Annotations must not ${what}, but ${was}.`,
    'Keep only the images of the split and leave `segmentation` out: only the boxes are read.',
  );
}

function parse(bytes: Buffer, file: string): Entry {
  if (isLfsPointer(bytes)) throw lfsError('annotations', [file]);
  const boxes = withoutOutlines(bytes);
  if (boxes.length > MAX_READ_BYTES) {
    throw tooMuch(`be larger than ${MAX_READ_BYTES} bytes without outlines`, `${file} has ${boxes.length}`);
  }
  const brackets = countBrackets(boxes);
  if (brackets > MAX_BRACKETS) {
    throw tooMuch(
      `hold more than ${MAX_BRACKETS} lists and maps without outlines`,
      `${file} holds ${brackets}`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(boxes));
  } catch (thrown) {
    throw wrong(file, `it is no JSON (${messageOf(thrown)})`, thrown);
  }
  if (isEntry(content)) return content;
  throw wrong(
    file,
    Array.isArray(content) ? 'it is a list, as detections are' : `it is ${showJson(content)}`,
  );
}

function entriesOf(content: Entry, key: string, file: string): readonly Entry[] {
  const list = content[key];
  if (!Array.isArray(list)) throw wrong(file, `its \`${key}\` are ${showJson(list)}`);
  const bad = list.findIndex((entry) => !isEntry(entry));
  if (bad >= 0) throw wrong(file, `${key}[${bad}] is ${showJson(list[bad])}`);
  return list;
}

function distinctIds(entries: readonly Entry[], key: string, file: string): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const [place, entry] of entries.entries()) {
    const id = idOf(entry, 'id', `${key}[${place}]`, file);
    if (ids.has(id)) {
      throw new UserError(
        'dataset',
        `Each id must stand once among the \`${key}\` of annotations, but ${id} is there twice in ${file}.`,
        'Number them anew: it cannot be told which of the two the annotations mean.',
      );
    }
    ids.add(id);
  }
  return ids;
}

function readCategories(entries: readonly Entry[], file: string): readonly CocoCategory[] {
  const ids = [...distinctIds(entries, 'categories', file)];
  return entries.map((entry, place) => ({
    id: ids[place]!,
    name: textOf(entry, 'name', `categories[${place}]`, file),
  }));
}

function readImageEntry(entry: Entry, place: number, file: string): CocoImage {
  const where = `images[${place}]`;
  const side = (key: 'width' | 'height'): number => {
    const value = entry[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw wrong(file, `\`${key}\` of ${where} is ${showJson(value)}`);
  };
  return {
    id: idOf(entry, 'id', where, file),
    width: side('width'),
    height: side('height'),
  };
}

/** Places of each image's annotations, by image id. */
function groupAnnotations(
  entries: readonly Entry[],
  imageIds: ReadonlySet<number>,
  file: string,
): { readonly byImage: ReadonlyMap<number, readonly number[]>; readonly warnings: readonly string[] } {
  const byImage = new Map<number, number[]>();
  const ids = new Set<unknown>();
  let [strays, repeated] = [0, 0];
  for (const [place, entry] of entries.entries()) {
    const imageId = idOf(entry, 'image_id', `annotations[${place}]`, file);
    if (ids.has(entry.id)) repeated++;
    else if (entry.id !== undefined) ids.add(entry.id);
    const group = byImage.get(imageId);
    if (group) group.push(place);
    else if (imageIds.has(imageId)) byImage.set(imageId, [place]);
    else strays++;
  }
  const warnings: string[] = [];
  if (strays > 0) {
    warnings.push(`${strays} annotations of ${file} are of images that it does not list, and were ignored.`);
  }
  if (repeated > 0) {
    warnings.push(
      `${repeated} annotations of ${file} have the id of another: each counts here, but pycocotools confuses them.`,
    );
  }
  if (ids.has(0)) {
    warnings.push(
      `An annotation of ${file} has the id 0: pycocotools counts the detection that finds it as a false one, here it counts as found.`,
    );
  }
  return { byImage, warnings };
}

function readAnnotation(entry: Entry, place: number, file: string): CocoAnnotation {
  const where = `annotations[${place}]`;
  const { bbox, area, iscrowd } = entry;
  if (bbox === undefined && entry.segmentation !== undefined) {
    throw wrong(file, `${where} has an outline but no \`bbox\``);
  }
  if (!isBox(bbox)) throw wrong(file, `\`bbox\` of ${where} is ${showJson(bbox)}`);
  if (area !== undefined && !(typeof area === 'number' && area >= 0 && area < Infinity)) {
    throw wrong(file, `\`area\` of ${where} is ${showJson(area)}`);
  }
  if (![undefined, 0, 1, false, true].some((known) => known === iscrowd)) {
    throw wrong(file, `\`iscrowd\` of ${where} is ${showJson(iscrowd)}`);
  }
  return {
    categoryId: idOf(entry, 'category_id', where, file),
    bbox,
    area: area ?? bbox[2] * bbox[3],
    crowd: Boolean(iscrowd),
  };
}

function idOf(entry: Entry, key: string, where: string, file: string): number {
  const value = entry[key];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(file, `\`${key}\` of ${where} is ${showJson(value)}, no whole number`);
}

function textOf(entry: Entry, key: string, where: string, file: string): string {
  const value = entry[key];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(file, `\`${key}\` of ${where} is ${showJson(value)}, no text`);
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBox(value: unknown): value is CocoAnnotation['bbox'] {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every(Number.isFinite) &&
    value.slice(2).every((side) => side >= 0)
  );
}

/** A value for messages, cut short: it may be of any size and depth. */
function wrong(file: string, was: string, cause?: unknown): UserError {
  return new UserError(
    'dataset',
    `Annotations must be a COCO JSON, but ${file} is not: ${was}.`,
    WHERE_FROM,
    {
      cause,
    },
  );
}
