import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { troubleshootingPage } from '../../scripts/troubleshooting.ts';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');

test('docs/troubleshooting.md has every error of the code (`npm run generate` adds what is missing)', () => {
  expect(troubleshootingPage(page)).toBe(page);
  expect(page.match(/^### /gm)!.length).toBeGreaterThan(80);
});

test('what was written by hand stays, what the code no longer says goes', () => {
  const heading = '### … is a Git LFS pointer, not the model itself.';
  const changed = page
    .replace(heading, '### … is a pointer of another kind.\n\nBy hand.\n\n### … is empty.')
    .replace(/^# Troubleshooting/, '# Help');
  const again = troubleshootingPage(changed);
  expect(again).toContain(heading);
  expect(again).not.toContain('of another kind');
  expect(again).toMatch(/^# Help/);
});
