import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { INPUTS } from '../src/inputs.ts';

interface ActionYml {
  readonly inputs: Record<
    string,
    { readonly description: string; readonly default?: string; readonly required?: boolean }
  >;
  readonly outputs: Record<string, { readonly description: string }>;
  readonly runs: { readonly using: string; readonly main: string };
}

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const action = load(read('action.yml')) as ActionYml;
const readme = read('README.md');

test('action.yml has the inputs of the code, with the same words and defaults', () => {
  const expected = Object.fromEntries(
    Object.entries(INPUTS).map(([name, { description, default: fallback }]) => [
      name,
      fallback === null ? { description, required: true } : { description, default: fallback },
    ]),
  );
  expect(action.inputs).toEqual(expected);
});

test('the runner starts the committed bundle on Node 24', () => {
  expect(action.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
});

test('the README tells every input with its default, and every output', () => {
  for (const [name, { default: fallback }] of Object.entries(action.inputs)) {
    expect(readme).toMatch(
      new RegExp(`^\\| \`${name}\` \\| ${fallback ? `\`${RegExp.escape(fallback)}\`` : ''}`, 'm'),
    );
  }
  for (const name of Object.keys(action.outputs)) expect(readme).toContain(`| \`${name}\` |`);
});
