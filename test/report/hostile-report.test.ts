import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { renderAgain } from '../../src/report/write.ts';
import { reportOf } from '../helpers/sample-report.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';

/** The places of all values of a JSON, of lists the first only. */
function placesOf(value: unknown, path: readonly (string | number)[] = []): readonly (string | number)[][] {
  if (Array.isArray(value)) return value.length > 0 ? placesOf(value[0], [...path, 0]) : [];
  if (typeof value !== 'object' || value === null) return [[...path]];
  return Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]));
}

function having(path: readonly (string | number)[], value: unknown): unknown {
  const report: unknown = structuredClone(reportOf({ pass: false }));
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string | number, unknown>)[key], report);
  (parent as Record<string | number, unknown>)[path.at(-1)!] = value;
  return report;
}

/** Makes page and summary of a report again; null where it is refused. */
async function rendered(report: unknown): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-report-'));
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  try {
    await renderAgain(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/report\.json/);
    return null;
  }
  return ['report.html', 'summary.md'].map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

describe('a report.json from anywhere, of which page and summary are made again', () => {
  const places = placesOf(reportOf({ pass: false }));

  test(`is escaped or refused with markup in any of its places`, async () => {
    expect(places.length).toBeGreaterThan(100);
    const bad: string[] = [];
    for (const place of places) {
      const text = await rendered(having(place, HOSTILE));
      if (text?.includes(HOSTILE)) bad.push(place.join('.'));
    }
    expect(bad).toEqual([]);
  });

  test('is drawn or refused with something else in any of its places', async () => {
    const values = [null, {}, [], -1e308, 'text'];
    for (const [i, place] of places.entries()) await rendered(having(place, values[i % values.length]));
  });

  test('is drawn as it was where nothing is changed', async () => {
    expect(await rendered(reportOf({ className: HOSTILE }))).toContain('&lt;img src=x');
  });

  test('is refused where it is a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-report-'));
    mkdirSync(join(folder, 'report.json'));
    await expect(renderAgain(folder)).rejects.toThrow(/cannot be read: it is no regular file/);
  });
});
