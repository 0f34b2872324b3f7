/** A value that Python's `ast.literal_eval` makes of text; lists and tuples are both arrays, a dict is a map. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | ReadonlyMap<string | number, PythonValue>;

const MAX_LENGTH = 4_000_000;
const MAX_DEPTH = 16;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const WORD = /True|False|None/y;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['True', true],
  ['False', false],
  ['None', null],
]);
const STRING_PART =
  /[^\\'"\n]+|['"]|\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[^xuUN0-7])/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Reads a Python literal as `str()` writes dicts, lists, tuples, strings, numbers, booleans and None; exporters store
 * metadata that way. Nothing is evaluated, and length and depth are bounded.
 *
 * @throws {SyntaxError} when the text is anything else.
 */
export function parsePythonLiteral(text: string): PythonValue {
  if (text.length > MAX_LENGTH) throw new SyntaxError(`it is longer than ${MAX_LENGTH} characters`);
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonValue {
    if (depth === MAX_DEPTH) throw new SyntaxError(`it is nested deeper than ${MAX_DEPTH} levels`);
    const first = this.#peek();
    if (first === '{') return this.#dict(depth);
    if (first === '[') return this.#items('[', ']', depth);
    if (first === '(') return this.#items('(', ')', depth);
    if (first === "'" || first === '"') return this.#string();
    const number = this.#match(NUMBER);
    if (number !== null) return Number(number);
    const word = WORDS.get(this.#match(WORD) ?? '');
    if (word === undefined) throw this.#unexpected();
    return word;
  }

  end(): void {
    if (this.#peek() !== undefined) throw this.#unexpected();
  }

  #dict(depth: number): PythonValue {
    const entries = new Map<string | number, PythonValue>();
    this.#list('{', '}', () => {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number') throw this.#unexpected();
      this.#expect(':');
      entries.set(key, this.value(depth + 1));
    });
    return entries;
  }

  #items(open: string, close: string, depth: number): PythonValue {
    const items: PythonValue[] = [];
    this.#list(open, close, () => items.push(this.value(depth + 1)));
    return items;
  }

  /** Entries between two brackets, parted by commas, one allowed behind the last. */
  #list(open: string, close: string, entry: () => void): void {
    this.#expect(open);
    while (this.#peek() !== close) {
      entry();
      if (this.#peek() !== close) this.#expect(',');
    }
    this.#expect(close);
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let value = '';
    for (;;) {
      const part = this.#match(STRING_PART);
      if (part === null) throw this.#unexpected();
      if (part === quote) return value;
      value += part.startsWith('\\') ? unescaped(part.slice(1)) : part;
    }
  }

  #peek(): string | undefined {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '.')) this.#at++;
    return this.#text[this.#at];
  }

  #expect(character: string): void {
    if (this.#peek() !== character) throw this.#unexpected();
    this.#at++;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #unexpected(): SyntaxError {
    const found = this.#text.slice(this.#at, this.#at + 12);
    return new SyntaxError(
      found ? `unexpected ${JSON.stringify(found)} at character ${this.#at + 1}` : 'it ends too early',
    );
  }
}

/** What stands for an escape sequence, given without its backslash; Python leaves unknown ones as they are. */
function unescaped(sequence: string): string {
  if (/^[xuU]/.test(sequence)) return character(Number.parseInt(sequence.slice(1), 16));
  if (/^[0-7]/.test(sequence)) return character(Number.parseInt(sequence, 8));
  return ESCAPES[sequence] ?? `\\${sequence}`;
}

function character(code: number): string {
  if (code > 0x10ffff) throw new SyntaxError(`there is no character ${code}`);
  return String.fromCodePoint(code);
}
