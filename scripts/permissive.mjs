/** SPDX identifiers of licences that ask for no more than their text and a notice. */
const PERMISSIVE = new Set([
  ...[
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'CC0-1.0',
    'ISC',
    'MIT',
    'Unlicense',
    'Zlib',
  ],
]);

/**
 * Whether an SPDX expression can be followed by permissive licences alone. One with both AND and OR, or anything that is no
 * such expression, counts as no.
 */
export function isPermissive(expression) {
  if (typeof expression !== 'string') return false;
  const bare = expression.replace(/^\((.*)\)$/, '$1');
  const all = bare.split(' AND ');
  const any = bare.split(' OR ');
  const known = (id) => PERMISSIVE.has(id);
  return any.length > 1 ? any.some(known) && all.length === 1 : all.every(known);
}

const LGPL = 'LGPL-3.0-or-later';
const BINARIES =
  'darwin-arm64 darwin-x64 linux-arm linux-arm64 linux-ppc64 linux-riscv64 linux-s390x linux-x64';

/** The packages that hold libvips, which sharp reads images with, and the licence that each may have: see THIRD_PARTY.md. */
export const LIBVIPS = new Map([
  ...`${BINARIES} linuxmusl-arm64 linuxmusl-x64`
    .split(' ')
    .map((target) => [`@img/sharp-libvips-${target}`, LGPL]),
  ...['arm64', 'ia32', 'x64'].map((cpu) => [`@img/sharp-win32-${cpu}`, `Apache-2.0 AND ${LGPL}`]),
  ['@img/sharp-wasm32', `Apache-2.0 AND ${LGPL} AND MIT`],
]);
