/** A YAML map as read: keys keep their types. */
export type YamlMap = ReadonlyMap<unknown, unknown>;

/** A key without a value, or with Python's `None` for one, is as good as absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 'None';
}

/** A value's kind in words, for error messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a map';
  return `the ${typeof value} ${JSON.stringify(value)}`;
}
