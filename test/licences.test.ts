import { expect, test } from 'vitest';
// @ts-expect-error It is plain JavaScript.
import { isPermissive, LIBVIPS } from '../scripts/permissive.mjs';

test.each([
  'MIT',
  'MIT OR GPL-3.0-only',
  '(MIT OR CC0-1.0)',
  '(Apache-2.0 AND BSD-3-Clause)',
  'BlueOak-1.0.0',
])('%s may be used', (licence) => expect(isPermissive(licence)).toBe(true));

test.each([
  undefined,
  '',
  'UNLICENSED',
  'SEE LICENSE IN LICENSE.md',
  'MIT/X11',
  'GPL-3.0-only',
  'MPL-2.0',
  'LGPL-3.0-or-later',
  'Apache-2.0 AND LGPL-3.0-or-later',
  'MIT OR Apache-2.0 AND GPL-3.0-only',
])('%s may not', (licence) => expect(isPermissive(licence)).toBe(false));

test('libvips is an exception by name and licence', () => {
  expect(LIBVIPS.get('@img/sharp-libvips-linux-x64')).toBe('LGPL-3.0-or-later');
  expect(LIBVIPS.get('sharp')).toBeUndefined();
});
