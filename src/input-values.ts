import type { MaxDrop, Thresholds } from './gate/rules.ts';
import { NO_THRESHOLDS } from './gate/rules.ts';
import { parseThresholds, ThresholdsError } from './gate/thresholds.ts';
import { type MethodName, parseMethod } from './prune/methods.ts';

/** A parsed value, or what it must be and what to do about it. */
export type ParseResult<T> = { readonly value: T } | { readonly must: string; readonly remedy: string };

/** Reads the text of an input; the text is trimmed, and empty where nothing was given and there is no default. */
export type InputValue<T> = (given: string) => ParseResult<T>;

/** Any text. */
export const text: InputValue<string> = (given) => ({ value: given });

/** Text with one entry a line; empty lines do not count. */
export const lines: InputValue<readonly string[]> = (given) => ({
  value: given
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean),
});

/** Refuses the empty text. */
export function required<T>(parse: InputValue<T>): InputValue<T> {
  return (given) => (given === '' ? { must: 'given', remedy: 'Add it to the step.' } : parse(given));
}

/** Takes the empty text as `null`. */
export function optional<T>(parse: InputValue<T>): InputValue<T | null> {
  return (given) => (given === '' ? { value: null } : parse(given));
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): InputValue<T> {
  return (given) => {
    const word = words.find((candidate) => candidate === given);
    if (word !== undefined) return { value: word };
    const meant = words.find((candidate) => candidate.toLowerCase() === given.toLowerCase());
    return {
      must: `one of ${words.join(', ')}`,
      remedy: meant ? `Did you mean ${meant}?` : 'Choose one of them.',
    };
  };
}

/** A boolean of YAML 1.2's core schema. */
export const boolean: InputValue<boolean> = (given) => {
  if (/^(true|True|TRUE)$/.test(given)) return { value: true };
  if (/^(false|False|FALSE)$/.test(given)) return { value: false };
  return { must: 'true or false (YAML 1.2: also True, TRUE, False, FALSE)', remedy: 'Write true or false.' };
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a text spells, `30%` being 0.3; NaN for anything else. */
function parseShare(given: string): number {
  const digits = given.endsWith('%') ? given.slice(0, -1).trim() : given;
  if (!NUMBER.test(digits)) return Number.NaN;
  // 30 / 100 is the double nearest to 0.3; 30 * 0.01 is not.
  return given.endsWith('%') ? Number(digits) / 100 : Number(digits);
}

/** How much to prune: the shares to try, of which the largest that passes is taken; `auto` finds it by itself. */
export type Amount = readonly number[] | 'auto';

/** How much to prune: `30%` or `0.3`, several such as `20%, 30%`, or `auto`. */
export const amount: InputValue<Amount> = (given) => {
  if (given === 'auto') return { value: 'auto' };
  const shares: number[] = [];
  for (const part of given.split(',').map((text) => text.trim())) {
    const result = shareOfWeights(part);
    if (!('value' in result)) return result;
    shares.push(result.value);
  }
  const ascending = [...new Set(shares)].sort((a, b) => a - b);
  if (ascending.length <= MOST_AMOUNTS) return { value: ascending };
  return {
    must: `at most ${MOST_AMOUNTS} shares`,
    remedy: 'Each is validated on all images: name fewer, or write auto.',
  };
};

/** Amounts that are tried in one run. */
const MOST_AMOUNTS = 20;

/** A share more than nothing and less than everything. */
const shareOfWeights: InputValue<number> = (given) => {
  const must = 'shares between 0 % and 100 %, such as 30%, 0.3 or 20%,30%,40%, or auto';
  const value = parseShare(given);
  if (Number.isNaN(value)) return { must, remedy: 'Write 30% or 0.3.' };
  if (!given.endsWith('%') && value > 1) return { must, remedy: `Did you mean ${given}%?` };
  if (value <= 0) return { must, remedy: 'Nothing would be pruned: leave the step out, or choose more.' };
  if (value >= 1) return { must, remedy: 'Every weight would become zero: choose less.' };
  return { value };
};

/** The name of a pruning method. */
export const method: InputValue<MethodName> = (given) =>
  parseMethod(given)
    ? { value: given as MethodName }
    : {
        must: 'l1, global, lamp, reconstruct, a pattern such as 2:4, or reconstruct-2:4',
        remedy: 'Choose one of them; docs/methods.md says what each keeps.',
      };

/** A number from 0 to 1. */
export const share: InputValue<number> = (given) => {
  const value = parseShare(given);
  if (value >= 0 && value <= 1) return { value };
  return {
    must: 'a number from 0 to 1',
    remedy: value > 1 && value <= 100 ? `Did you mean ${value / 100}?` : 'Write one such as 0.25.',
  };
};

/** An accepted drop: absolute, or relative with `%`. */
export const maxDrop: InputValue<MaxDrop> = (given) => {
  const value = parseShare(given);
  if (value >= 0 && value <= 1) return { value: { value, relative: given.endsWith('%') } };
  const must = 'an absolute drop from 0 to 1 such as 0.02, or a relative one such as 5%';
  return {
    must,
    remedy: value > 1 && !given.endsWith('%') ? `Did you mean ${given}%?` : 'Write 0.02 or 5%.',
  };
};

/** A YAML block of rules. */
export const thresholds: InputValue<Thresholds> = (given) => {
  if (given === '') return { value: NO_THRESHOLDS };
  try {
    return { value: parseThresholds(given) };
  } catch (error) {
    if (error instanceof ThresholdsError) return { must: error.message, remedy: error.remedy };
    throw error;
  }
};

/** Name of an artifact as GitHub takes it; empty for the word `none`. */
export const artifactName: InputValue<string> = (given) => {
  if (given === 'none') return { value: '' };
  if (!/[":<>|*?\\/\r\n]/.test(given)) return { value: given };
  return {
    must: 'a name without any of " : < > | * ? \\ / and line breaks',
    remedy: 'Use letters, digits and dashes.',
  };
};

/** What action.yml writes for the workflow's own token; elsewhere nothing stands for it. */
export const WORKFLOW_TOKEN = `\${{ github.token }}`;

/** A token; empty where there is none. */
export const token: InputValue<string> = (given) => ({ value: given === WORKFLOW_TOKEN ? '' : given });

/** 0, 1, 2, … */
export const wholeNumber: InputValue<number> = (given) =>
  /^\d{1,6}$/.test(given)
    ? { value: Number(given) }
    : { must: 'a whole number from 0 on', remedy: 'Write digits only, such as 0 or 4.' };

/** 1, 2, 3, … */
export const positiveInteger: InputValue<number> = (given) =>
  /^\d{1,6}$/.test(given) && Number(given) > 0
    ? { value: Number(given) }
    : { must: 'a whole number from 1 on', remedy: 'Write digits only, such as 300.' };

/** A time in seconds: `30` and `30m` are minutes, `90s` seconds, `2h` hours. */
export const duration: InputValue<number> = (given) => {
  const [, digits, unit] = /^(\d{1,6})\s*([smh]?)$/.exec(given) ?? [];
  const seconds = Number(digits) * (unit === 's' ? 1 : unit === 'h' ? 3600 : 60);
  return seconds > 0 && seconds <= MAX_SECONDS
    ? { value: seconds }
    : {
        must: 'a time of at most 24 days, in minutes or with a unit',
        remedy: 'Write 30 (minutes), 90s or 2h.',
      };
};

/** Timers count milliseconds in 31 bits. */
const MAX_SECONDS = 24 * 24 * 3600;

/** `640`, or height and width: `480x864`, `480,864`, `[480, 864]`. */
export const imageSize: InputValue<{ readonly width: number; readonly height: number }> = (given) => {
  const sides = given
    .replace(/^\[(.*)\]$/, '$1')
    .split(/[x×,]/)
    .map((side) => Number(side.trim() || Number.NaN));
  const fits = sides.every((side) => Number.isInteger(side) && side >= 32 && side <= 8192);
  if (sides.length > 2 || !fits) {
    return {
      must: 'a size in pixels from 32 to 8192, such as 640 or 480x864 (height x width)',
      remedy: 'Write 640.',
    };
  }
  const [height, width = height] = sides as [number, number?];
  return { value: { width, height } };
};
