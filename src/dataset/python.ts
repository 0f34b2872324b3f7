// Text as Python reads it. The reference validators split, parse and sort with Python's rules, and where
// JavaScript's own differ (control characters as blanks, `1_000`, sorting beyond U+FFFF) so would the images and boxes.

/** Characters at which `str.splitlines` cuts. */
function isLineBreak(code: number): boolean {
  return (
    (code >= 0x0a && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x1e) ||
    code === 0x85 ||
    code === 0x2028 ||
    code === 0x2029
  );
}

/** Characters that `str.split` and `str.strip` take for blanks. */
function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code >= 0x1c;
  if (code < 0x85) return false;
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** The pieces of `text` between separators, empty ones included. */
function cut(text: string, isSeparator: (code: number) => boolean): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (!isSeparator(text.charCodeAt(index))) continue;
    pieces.push(text.slice(start, index));
    start = index + 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** `text.split()`: the words of a line. */
export function splitWords(text: string): string[] {
  return cut(text, isBlank).filter((word) => word.length > 0);
}

/** `text.strip()`. */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** `[line for line in text.strip().splitlines() if len(line)]`: lines of blanks only are kept, as there. */
export function splitLines(text: string): string[] {
  return cut(strip(text), isLineBreak).filter((line) => line.length > 0);
}

/** The number of the first line that something holds for, from 1 on; `splitlines()` with the empty ones. */
export function lineNumber(text: string, holds: (line: string) => boolean): number {
  return cut(text.replaceAll('\r\n', '\n'), isLineBreak).findIndex(holds) + 1;
}

const DIGITS = '\\d(?:_?\\d)*';
const NUMBER = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^[+-]?nan$/i;

/** Longer words are no numbers here, other than there: the expression runs out of stack on megabytes of digits. */
const MAX_WORD = 10_000;

/**
 * `float(word)` for ASCII words: underscores between digits, `inf`, `nan`, `.5`, `5.`, `1e-3`.
 * Returns `undefined` where Python raises ValueError.
 */
export function parseFloatWord(word: string): number | undefined {
  if (word.length > MAX_WORD) return undefined;
  if (NUMBER.test(word)) return Number(word.includes('_') ? word.replaceAll('_', '') : word);
  const infinite = INFINITE.exec(word);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return NOT_A_NUMBER.test(word) ? Number.NaN : undefined;
}

/** `float('%g' % value)`: six significant digits, halves to even. */
export function sixDigits(value: number): number {
  const rounded = Number(value.toPrecision(6));
  // toPrecision rounds halves up. A half has seven digits, and no more in its exact decimal form either.
  if (Number(value.toPrecision(7)) !== value) return rounded;
  const half = /^(-?\d\.\d{4}[02468])50*(e.*)$/.exec(value.toExponential(99));
  return half ? Number(half[1]! + half[2]!) : rounded;
}

/** Order of `sorted()` over strings: by code points, not by UTF-16 units or locale. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return aboveSurrogates(left) - aboveSurrogates(right);
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point above U+FFFF, and so sorts behind every other unit. */
function aboveSurrogates(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
