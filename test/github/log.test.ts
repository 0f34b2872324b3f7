import { expect, test } from 'vitest';
import { harmless } from '../../src/github/log.ts';

test.each([
  '::error::x',
  '  ::set-output name=a::b',
  'first\n::stop-commands::x',
  '##[error]x',
  'a ##[group]b',
])('%j starts no workflow command', (line) => {
  expect(harmless(line)).not.toMatch(/^\s*::|##\[/m);
});

test('other text stays as it is', () => {
  for (const line of ['onnx::Conv_99 is a name', 'a: b', '## heading']) expect(harmless(line)).toBe(line);
});
