// Lists the licence of every package that users run: those in the bundle, and the native parts that the action installs.
// Ends red where one is not permissive, unknown, or bundled without its text. THIRD_PARTY.md says why there are exceptions.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockFor, partsLock } from '../src/runtime/lock.ts';
import { WEBASSEMBLY } from '../src/runtime/target.ts';
import { bundle } from './bundle.mjs';
import { isPermissive, LIBVIPS } from './permissive.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const bundled = (await bundle(null)).map(({ name, version, licence, texts }) => ({
  name,
  version,
  licence,
  where: 'bundled',
  fault: faultOf(licence) ?? (texts.length === 0 ? 'its text is missing' : null),
}));
const rows = [
  ...bundled,
  ...installed('.', 'native', partsLock),
  ...installed('src/runtime/webassembly', 'WebAssembly', (lock) => lockFor(partsLock(lock), WEBASSEMBLY)),
];

const width = (key) => Math.max(...rows.map((row) => String(row[key]).length));
const columns = ['name', 'version', 'licence', 'where'].map((key) => [key, width(key)]);
for (const row of rows) {
  const cells = columns.map(([key, length]) => String(row[key]).padEnd(length));
  console.log(`${cells.join('  ')}${row.fault ? `  ${row.fault}` : ''}`.trimEnd());
}
const faults = rows.filter(({ fault }) => fault !== null);
const exceptions = rows.filter(({ name, licence }) => LIBVIPS.get(name) === licence).length;
console.log(
  `${rows.length} packages: ${bundled.length} bundled, ${rows.length - bundled.length} installed; ` +
    `${exceptions} with libvips, LGPL and never bundled (THIRD_PARTY.md); ${faults.length} that may not be used.`,
);
for (const { name, licence, fault } of faults) console.error(`${name} (${licence}): ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

function faultOf(licence) {
  return isPermissive(licence) ? null : 'its licence is not known to be permissive';
}

/** What npm installs on users' machines by a lock file of ours. */
function installed(folder, where, partOf) {
  const lock = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8'));
  return Object.entries(partOf(lock).packages)
    .filter(([path]) => path !== '')
    .map(([path, { version }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const licence = lock.packages[path].license;
      return {
        name,
        version,
        licence,
        where,
        fault: LIBVIPS.get(name) === licence ? null : faultOf(licence),
      };
    });
}
