const MAX_SHOWN = 40;

/** A value of a JSON in a few words, for error messages: of however large and deep a one. */
export function showJson(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_SHOWN));
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? 'an object' : String(value);
  const shown = value.slice(0, 5).map((item) => (Array.isArray(item) ? '[…]' : showJson(item)));
  return `[${shown.join(', ')}${value.length > shown.length ? ', …' : ''}]`;
}
