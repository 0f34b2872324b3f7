import { UserError } from '../errors.ts';
import { withSlashes } from './paths.ts';

/** Which entry of a COCO JSON is which image. */
export interface MatchedImages {
  /** Place of the entry among `fileNames` by image path. */
  readonly places: ReadonlyMap<string, number>;
  /** Image paths without an entry. */
  readonly missing: readonly string[];
  /** Entries without an image. */
  readonly unused: number;
}

/**
 * Finds each image among the entries of a COCO JSON: the one whose file name is the longest end of the
 * image's path, in whole names (`val2017/1.jpg`, `1.jpg`), or else the one of the same last name, where only
 * one entry and one image has it.
 *
 * @param paths Absolute; a path may be there twice.
 * @throws UserError where an image has several entries, or an entry several images.
 */
export function matchImages(
  paths: readonly string[],
  fileNames: readonly string[],
  file: string,
): MatchedImages {
  const distinct = [...new Set(paths)];
  const entries = grouped(fileNames.map(normalized));
  const entriesByLastName = grouped(fileNames.map((name) => lastName(normalized(name))));
  const imagesByLastName = grouped(distinct.map((path) => lastName(withSlashes(path))));
  const places = new Map<string, number>();
  const pathOf = new Map<number, string>();
  for (const path of distinct) {
    const name = lastName(withSlashes(path));
    const byLastName = imagesByLastName.get(name)!.length === 1 ? entriesByLastName.get(name) : undefined;
    const bySuffix = suffixes(withSlashes(path)).find((suffix) => entries.has(suffix));
    const found = bySuffix === undefined ? byLastName : entries.get(bySuffix)!;
    if (bySuffix !== undefined && found!.length > 1) {
      throw ambiguous(`${path} has ${found!.length} entries in ${file}`);
    }
    if (found?.length !== 1) continue;
    const [place] = found as [number];
    const other = pathOf.get(place);
    if (other !== undefined) throw ambiguous(`"${fileNames[place]}" of ${file} fits ${other} and ${path}`);
    pathOf.set(place, path);
    places.set(path, place);
  }
  return {
    places,
    missing: distinct.filter((path) => !places.has(path)),
    unused: fileNames.length - places.size,
  };
}

function normalized(fileName: string): string {
  return withSlashes(fileName).replace(/^(?:\.\/)+/, '');
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path itself and what follows each of its slashes, longest first. */
function suffixes(path: string): string[] {
  const found = [path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) found.push(path.slice(at + 1));
  return found;
}

function grouped(keys: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [place, key] of keys.entries()) {
    const group = places.get(key);
    if (group) group.push(place);
    else places.set(key, [place]);
  }
  return places;
}

function ambiguous(was: string): UserError {
  return new UserError(
    'dataset',
    `Annotations must have one entry for each image, but ${was}.`,
    'Write each `file_name` once, with as many folders as tell the images apart.',
  );
}
