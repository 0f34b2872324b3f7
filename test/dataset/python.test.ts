import { describe, expect, it } from 'vitest';
import {
  compareCodePoints,
  parseFloatWord,
  splitLines,
  splitWords,
  strip,
} from '../../src/dataset/python.ts';
import python from '../fixtures/dataset/python.json' with { type: 'json' };

/** Every UTF-16 unit that is a character of its own. */
const characters = Array.from({ length: 0x10000 }, (_, code) => code).filter(
  (code) => code < 0xd800 || code >= 0xe000,
);

/** Reads what Python's `float.hex` writes. */
function fromHex(text: string): number {
  const match = /^(-?)0x([01])\.([0-9a-f]+)p([+-]\d+)$/.exec(text);
  if (!match) return Number(text.replace('inf', 'Infinity'));
  const [, sign, whole, fraction, exponent] = match;
  const mantissa = Number(`0x${whole}${fraction}`) / 2 ** (4 * fraction!.length);
  return (sign ? -1 : 1) * mantissa * 2 ** Number(exponent);
}

describe('Python text', () => {
  it('takes the same characters for blanks as str.split', () => {
    const blanks = characters.filter((code) => splitWords(`a${String.fromCharCode(code)}b`).length > 1);
    expect(blanks).toEqual(python.blanks);
  });

  it('strips the same characters as str.strip', () => {
    const blanks = characters.filter((code) => strip(`${String.fromCharCode(code)}a`).length === 1);
    expect(blanks).toEqual(python.blanks);
  });

  it('cuts lines at the same characters as str.splitlines', () => {
    const breaks = characters.filter((code) => splitLines(`a${String.fromCharCode(code)}b`).length > 1);
    expect(breaks).toEqual(python.lineBreaks);
  });

  it('leaves empty lines out and keeps lines of blanks between others', () => {
    expect(splitLines('\n a\r\n\r\n  \n\nb \n')).toEqual(['a', '  ', 'b']);
    expect(splitLines(' \n ')).toEqual([]);
  });

  it.each(Object.entries(python.floats))('parses %s as float() does', (word, hex) => {
    const expected = hex === null ? undefined : hex === 'nan' ? Number.NaN : fromHex(hex);
    expect(parseFloatWord(word)).toBe(expected);
  });

  it('sorts as sorted() does, beyond the basic plane too', () => {
    expect(python.sorted.toReversed().sort(compareCodePoints)).toEqual(python.sorted);
  });
});
