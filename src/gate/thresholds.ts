import { CORE_SCHEMA, load } from 'js-yaml';
import { messageOf } from '../errors.ts';
import { METRIC_NAMES, type MetricName } from './metric-names.ts';
import { type MaxDrop, type MetricRule, NO_THRESHOLDS, type PerClassRule, type Thresholds } from './rules.ts';

/** A mistake in the block: what must be, and what to do. */
export class ThresholdsError extends Error {
  readonly remedy: string;

  constructor(must: string, remedy: string) {
    super(must);
    this.remedy = remedy;
  }
}

const EXAMPLE = 'Write it like `mAP50: { max-drop: 2%, min: 0.5 }`, one rule a line.';
const OTHER_KEYS = ['per-class', 'max-slower', 'max-bytes'] as const;
const UNITS = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 } as const;

/**
 * Reads the YAML block of `thresholds`: by metric `{ max-drop, min }`, and `per-class`, `max-slower`, `max-bytes`.
 *
 * @throws {ThresholdsError} the first thing that is wrong.
 */
export function parseThresholds(text: string): Thresholds {
  const block = asMap(parse(text), 'a YAML block of rules');
  let thresholds: Thresholds = NO_THRESHOLDS;
  for (const [key, value] of Object.entries(block)) {
    const metric = METRIC_NAMES.find((name) => name === key);
    if (metric) thresholds = { ...thresholds, metrics: [...thresholds.metrics, metricRule(metric, value)] };
    else if (key === 'per-class') thresholds = { ...thresholds, perClass: perClassRule(value) };
    else if (key === 'max-slower') thresholds = { ...thresholds, maxSlower: share(key, value) };
    else if (key === 'max-bytes') thresholds = { ...thresholds, maxBytes: bytes(key, value) };
    else throw unknownKey(key, [...METRIC_NAMES, ...OTHER_KEYS], 'a block');
  }
  return thresholds;
}

function parse(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA });
  } catch (error) {
    throw new ThresholdsError(
      `a YAML block (it does not parse: ${messageOf(error).split('\n', 1)[0]})`,
      EXAMPLE,
    );
  }
}

function metricRule(metric: MetricName, value: unknown): MetricRule {
  const map = asMap(value, `a map under ${metric}`);
  refuseOtherKeys(map, ['max-drop', 'min'], metric);
  return {
    metric,
    maxDrop: map['max-drop'] === undefined ? null : maxDrop(`${metric}: max-drop`, map['max-drop']),
    min: map.min === undefined ? null : share(`${metric}: min`, map.min),
  };
}

function perClassRule(value: unknown): PerClassRule {
  const map = asMap(value, 'a map under per-class');
  refuseOtherKeys(map, ['max-drop', 'min-labels'], 'per-class');
  const minLabels = map['min-labels'] ?? 1;
  if (!Number.isInteger(minLabels) || Number(minLabels) < 1) {
    throw new ThresholdsError('a block with a whole number from 1 on at per-class: min-labels', 'Write 20.');
  }
  return { maxDrop: maxDrop('per-class: max-drop', map['max-drop']), minLabels: Number(minLabels) };
}

function maxDrop(name: string, value: unknown): MaxDrop {
  return { value: share(name, value), relative: typeof value === 'string' && value.trim().endsWith('%') };
}

function share(name: string, value: unknown): number {
  const text = String(value ?? '').trim();
  const digits = text.replace(/\s*%$/, '');
  const number = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits) ? Number(digits) : Number.NaN;
  const found = text.endsWith('%') ? number / 100 : number;
  if (found >= 0 && found <= 1) return found;
  throw new ThresholdsError(`a block with a number from 0 to 1 at ${name}`, 'Write one such as 0.02 or 5%.');
}

function bytes(name: string, value: unknown): number {
  const [, digits, unit] = /^([\d_]+\.?\d*)\s*([a-z]*)$/i.exec(String(value ?? '').trim()) ?? [];
  const factor = UNITS[(unit ?? '?').toLowerCase() as keyof typeof UNITS];
  if (digits && factor) return Math.round(Number(digits.replaceAll('_', '')) * factor);
  throw new ThresholdsError(`a block with a size at ${name}`, 'Write one such as 5000000 or 5 MB.');
}

function asMap(value: unknown, must: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new ThresholdsError(must, EXAMPLE);
}

function refuseOtherKeys(
  map: Readonly<Record<string, unknown>>,
  known: readonly string[],
  where: string,
): void {
  const other = Object.keys(map).find((key) => !known.includes(key));
  if (other !== undefined) throw unknownKey(other, known, `a map under ${where}`);
  if (!known.some((key) => map[key] !== undefined))
    throw new ThresholdsError(`a map under ${where}`, EXAMPLE);
}

function unknownKey(key: string, known: readonly string[], where: string): ThresholdsError {
  const meant = known.find((name) => name.toLowerCase() === key.toLowerCase());
  return new ThresholdsError(
    `${where} with the keys ${known.join(', ')}`,
    meant ? `Did you mean ${meant} instead of ${key}?` : `It knows no ${JSON.stringify(key)}: remove it.`,
  );
}
