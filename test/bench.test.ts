import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BENCH = fileURLToPath(new URL('../bench/bench.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));

function bench(...args: string[]) {
  const json = join(folder, 'bench.json');
  const output = execFileSync(process.execPath, [BENCH, '--json', json, ...args], { encoding: 'utf8' });
  const { rows } = JSON.parse(readFileSync(json, 'utf8')) as {
    rows: { name: string; value: number | null; verdict: string }[];
  };
  return { output, rows };
}

test('npm run bench --quick measures every row that needs no Python, on the embedded detector', {
  timeout: 300_000,
}, () => {
  const { output, rows } = bench('--quick');
  const without = rows.filter(({ value }) => value === null);
  expect(without.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual([
    expect.stringMatching(/^action\.peers: needs --compare PYTHON/),
    expect.stringMatching(/^metrics\.peer: needs --compare PYTHON/),
    expect.stringMatching(/^letterbox: needs --python PYTHON/),
    expect.stringMatching(/^setup\.bytes: needs --compare PYTHON/),
    expect.stringMatching(/^setup\.time: needs --compare PYTHON/),
  ]);
  expect(rows.length).toBeGreaterThan(10);
  for (const { value, verdict } of rows.filter((row) => row.value !== null)) {
    expect(value).toBeGreaterThan(0);
    expect(verdict).toBe('runs');
  }
  for (const { name } of rows) expect(output).toContain(`| \`${name}\` |`);
});

test('rows can be named', () => {
  expect(bench('--quick', 'metrics.time').rows.map(({ name }) => name)).toEqual(['metrics.time']);
  expect(() => bench('--quick', 'nothing')).toThrow(/No row is called nothing/);
});
