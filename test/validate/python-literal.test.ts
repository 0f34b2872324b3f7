import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePythonLiteral } from '../../src/validate/python-literal.ts';

describe('parsePythonLiteral', () => {
  test('reads strings as Python prints them', () => {
    const printed = String.raw`{0: "it's", 1: 'say "hi"', 2: 'both \' and "', 3: 'tab\tline\nback\\slash', 4: 'naïve 吊车', 5: '\x07\x7f', 6: '\u200bzero', 7: '🚗', 8: '\U000e0001tag', 9: ''}`;
    expect(parsePythonLiteral(printed)).toEqual(
      new Map([
        [0, "it's"],
        [1, 'say "hi"'],
        [2, 'both \' and "'],
        [3, 'tab\tline\nback\\slash'],
        [4, 'naïve 吊车'],
        [5, '\x07\x7f'],
        [6, '\u200bzero'],
        [7, '🚗'],
        [8, '\u{e0001}tag'],
        [9, ''],
      ]),
    );
  });

  test.each<[string, unknown]>([
    ['640', 640],
    ['-1.5e-3', -0.0015],
    ['32.', 32],
    [' True ', true],
    ['False', false],
    ['None', null],
    ['[640, 640]', [640, 640]],
    ['(8, 16, 32,)', [8, 16, 32]],
    ['()', []],
    ['{}', new Map()],
    [
      "{'nms': False, 'data': None}",
      new Map<string, unknown>([
        ['nms', false],
        ['data', null],
      ]),
    ],
    ["['\\101\\\n\\q']", ['A\\q']],
    ['[\n [],\t[[]]]', [[], [[]]]],
  ])('reads %s', (text, value) => expect(parsePythonLiteral(text)).toEqual(value));

  test.each([
    ['', /it ends too early/],
    ["'open", /it ends too early/],
    ["'line\nbreak'", /unexpected "\\nbreak'" at character 6/],
    ['[1 2]', /unexpected "2\]" at character 4/],
    ['[,]', /unexpected/],
    ['{1}', /unexpected "}"/],
    ['{[]: 1}', /unexpected/],
    ['640 px', /unexpected "px"/],
    ['007', /unexpected "07"/],
    ['true', /unexpected/],
    ["'\\U00110000'", /there is no character 1114112/],
    ["'\\x1'", /unexpected/],
    ["__import__('os')", /unexpected/],
    ['['.repeat(17) + ']'.repeat(17), /nested deeper than 16/],
    ['['.repeat(100_000), /nested deeper than 16/],
    [' '.repeat(4_000_001), /longer than 4000000/],
  ])('refuses %j', (text, message) => {
    expect(() => parsePythonLiteral(text)).toThrow(SyntaxError);
    expect(() => parsePythonLiteral(text)).toThrow(message);
  });

  test('answers any text with a value or a SyntaxError', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      ',',
      ':',
      "'",
      '"',
      '\\',
      'x',
      '1',
      '-',
      '.',
      'e',
      'True',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parsePythonLiteral(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('reads back what JSON writes of text and numbers, which is also Python', () => {
    const plain = fc.array(fc.oneof(fc.integer(), fc.stringMatching(/^[\x20-\x7e]*$/)));
    fc.assert(
      fc.property(plain, (value) => {
        expect(parsePythonLiteral(JSON.stringify(value))).toEqual(value);
      }),
    );
  });
});
