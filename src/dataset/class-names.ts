import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { isGiven, kindOf, type YamlMap } from './yaml-values.ts';

/** Far more than any detector has; keeps a slip in a class number from filling the memory. */
const MAX_CLASSES = 100_000;

/** Class indices are below this: the number of names, but for gaps. */
export function countClasses(names: ReadonlyMap<number, string>): number {
  return [...names.keys()].reduce((most, index) => Math.max(most, index), -1) + 1;
}

/**
 * The class names of a data.yaml by class index: `names` as a list or a map, or `class_0 …` for a bare `nc`.
 *
 * Indices may have gaps, though `yolo val` refuses them: a warning says so.
 *
 * @throws UserError where there are none, or `nc` contradicts them.
 */
export function readNames(content: YamlMap, file: string, warnings: string[]): ReadonlyMap<number, string> {
  const nc = readClassCount(content.get('nc'), file);
  const given = content.get('names');
  if (!isGiven(given)) {
    if (nc !== undefined) return new Map(Array.from({ length: nc }, (_, index) => [index, `class_${index}`]));
    throw new UserError(
      'dataset',
      `A data.yaml must list its classes, but ${file} has neither \`names\` nor \`nc\`.`,
      'Add the names the model was trained with: `names: {0: person, 1: bicycle}`.',
    );
  }
  const names = new Map<number, string>();
  for (const [key, value] of nameEntries(given, file)) {
    const index = classIndex(key);
    if (index === undefined || names.has(index)) {
      throw new UserError(
        'dataset',
        `The keys of \`names\` in ${file} must be class numbers, each once, but one is ${JSON.stringify(key)}.`,
        'Number the names from 0, in the order the model was trained with.',
      );
    }
    names.set(index, className(value, index, file));
  }
  const classes = countClasses(names);
  if (names.size === 0 || (nc !== undefined && nc !== names.size && nc !== classes)) {
    throw new UserError(
      'dataset',
      `${file} must name as many classes as it has, but \`nc\` is ${nc ?? 'absent'} and \`names\` lists ${names.size}.`,
      'Remove `nc`, or make it the number of `names`.',
    );
  }
  if (classes > names.size) {
    warnings.push(
      `\`names\` in ${basename(file)} has gaps: ${names.size} names for classes 0 to ${classes - 1}.`,
    );
  }
  return names;
}

function readClassCount(value: unknown, file: string): number | undefined {
  if (!isGiven(value)) return undefined;
  const nc = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(nc) && nc > 0 && nc <= MAX_CLASSES) return nc;
  throw new UserError(
    'dataset',
    `\`nc\` in ${file} must be the number of classes, but it is ${JSON.stringify(value)}.`,
    `Write a whole number from 1 to ${MAX_CLASSES}, or remove \`nc\` and keep \`names\`.`,
  );
}

function nameEntries(given: unknown, file: string): Iterable<[unknown, unknown]> {
  if (Array.isArray(given)) return given.entries();
  if (given instanceof Map) return given;
  throw new UserError(
    'dataset',
    `\`names\` in ${file} must be a list or a map, but it is ${kindOf(given)}.`,
    'Write `names: [person, bicycle]` or `names: {0: person, 1: bicycle}`.',
  );
}

function classIndex(key: unknown): number | undefined {
  const index = typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key;
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 && index < MAX_CLASSES
    ? index
    : undefined;
}

function className(value: unknown, index: number, file: string): string {
  if (typeof value !== 'object' || value === null) return String(value);
  throw new UserError(
    'dataset',
    `Each of \`names\` in ${file} must be a text, but that of class ${index} is ${kindOf(value)}.`,
    'Write one name per class; quote it where it holds `: ` or brackets.',
  );
}
