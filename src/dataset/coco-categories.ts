import { UserError } from '../errors.ts';
import type { CocoCategory } from './coco-file.ts';
import { compareCodePoints } from './python.ts';

type Names = ReadonlyMap<number, string>;

/** Which class each category is. */
export interface CategoryClasses {
  /** Class index by category id; of the categories that are used, at least. */
  readonly classes: ReadonlyMap<number, number>;
  readonly warnings: readonly string[];
}

/** Names in a message before the rest is only counted. */
const SHOWN = 5;

/**
 * The class index of each category: by name, or else by the order of the category ids where there are as many
 * categories as classes (COCO's ids go from 1 to 90 for 80 classes).
 *
 * @param used Ids of the categories that have annotations; others may be missing from the names.
 * @param names Class names by index, out of data.yaml.
 * @throws UserError where neither gives a class to every category that is used.
 */
export function classesOfCategories(
  categories: readonly CocoCategory[],
  used: ReadonlySet<number>,
  names: Names,
  file: string,
): CategoryClasses {
  const known = new Set(categories.map(({ id }) => id));
  const unknown = [...used].filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new UserError(
      'dataset',
      `Annotations must be of categories that are listed, but ${file} has some of category ${shorten(unknown)}.`,
      'Add what is missing to `categories`, with its name.',
    );
  }
  const byName = classesByName(
    categories.filter(({ id }) => used.has(id)),
    names,
  );
  if (byName) return { classes: byName, warnings: [] };
  const byOrder = classesByOrder(categories, names);
  if (!byOrder) throw unmatched(categories, used, names, file);
  const other = categories.find(({ id, name }) => names.get(byOrder.get(id)!) !== name);
  const warning =
    `The categories of ${file} have other names than the classes of data.yaml and were taken in the order of their ids: ` +
    `"${other?.name}" for "${other && names.get(byOrder.get(other.id)!)}".`;
  return { classes: byOrder, warnings: other ? [warning] : [] };
}

function classesByName(categories: readonly CocoCategory[], names: Names): Map<number, number> | undefined {
  const classes = new Map<number, number>();
  for (const { id, name } of categories) {
    const matching = [...names].filter(([, className]) => className === name);
    if (matching.length !== 1) return undefined;
    classes.set(id, matching[0]![0]);
  }
  return new Set(classes.values()).size === classes.size ? classes : undefined;
}

/** By order, but not against a name that says otherwise. */
function classesByOrder(categories: readonly CocoCategory[], names: Names): Map<number, number> | undefined {
  if (categories.length !== names.size) return undefined;
  const indices = [...names.keys()].sort((a, b) => a - b);
  const sorted = categories.toSorted((a, b) => a.id - b.id);
  const known = new Set(names.values());
  const contradicts = sorted.some(({ name }, at) => known.has(name) && names.get(indices[at]!) !== name);
  return contradicts ? undefined : new Map(sorted.map(({ id }, at) => [id, indices[at]!]));
}

function unmatched(
  categories: readonly CocoCategory[],
  used: ReadonlySet<number>,
  names: Names,
  file: string,
): UserError {
  const wanted = categories.filter(({ id }) => used.has(id)).map(({ name }) => name);
  const found = new Set(wanted);
  const known = new Set(names.values());
  const repeated = wanted.filter((name, at) => wanted.indexOf(name) < at);
  const lists = [
    ['only in the annotations', [...found].filter((name) => !known.has(name))],
    ['only in data.yaml', [...known].filter((name) => !found.has(name))],
    ['there more than once', repeated],
  ] as const;
  const differences = lists.flatMap(([where, list]) =>
    list.length > 0 ? [`${where}: ${shorten(list)}`] : [],
  );
  return new UserError(
    'dataset',
    `The categories of annotations must be the classes of data.yaml by name, or as many in the same order; ` +
      `${file} has ${categories.length} for ${names.size}: ${differences.join('; ') || 'some names are there twice'}.`,
    'Give both the same names.',
  );
}

function shorten(list: readonly (string | number)[]): string {
  const sorted = list.map(String).sort(compareCodePoints);
  const more = sorted.length - SHOWN;
  return `${sorted.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
