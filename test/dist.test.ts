import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
  .map((name) => join(root, 'dist', name))
  .filter((path) => statSync(path).isFile());

test('the bundle names no folder of the machine that made it and no registry, and has the licences beside it', () => {
  const machine = [root, ['registry', 'npmjs'].join('.')];
  for (const path of files) {
    const text = readFileSync(path, 'latin1');
    for (const word of machine) expect(text.includes(word), `${path} holds ${word}`).toBe(false);
  }
  const licences = readFileSync(join(root, 'dist', 'licenses.txt'), 'utf8');
  for (const name of ['@actions/core', 'js-yaml', 'echarts'])
    expect(licences).toMatch(new RegExp(`^${name} `, 'm'));
});

test('every file that the bundle starts in a thread or a process of its own is beside it', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const started = sources.flatMap((name) => [
    ...readFileSync(join(root, 'src', name), 'utf8').matchAll(/'\.\/([\w-]+\.js)'/g),
  ]);
  expect(started.length).toBeGreaterThan(3);
  for (const [, name] of started) expect(files).toContain(join(root, 'dist', name!));
});
