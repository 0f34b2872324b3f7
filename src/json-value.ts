const MAX_SHOWN = 40;

/** A value of a JSON in a few words, for error messages: of however large and deep a one. */
export function showJson(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_SHOWN));
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? 'an object' : String(value);
  const shown = value.slice(0, 5).map((item) => (Array.isArray(item) ? '[…]' : showJson(item)));
  return `[${shown.join(', ')}${value.length > shown.length ? ', …' : ''}]`;
}

const [OPEN_LIST, OPEN_MAP] = Buffer.from('[{');

/** How many lists and maps there are in the text of a JSON, at most: before it is read, for each takes far more memory than text. */
export function countBrackets(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === OPEN_LIST || byte === OPEN_MAP) count++;
  return count;
}
