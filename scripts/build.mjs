// Bundles the action, the command line and what they start into dist/, each in one readable file, with the licences of all
// packages that went in. The native packages stay outside; runtime/ has the manifests and lock files to install them by.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockFor, manifestOf, partsLock } from '../src/runtime/lock.ts';
import { WEBASSEMBLY } from '../src/runtime/target.ts';
import { bundle } from './bundle.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = process.argv[2] ?? join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const packages = await bundle(outdir);
writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n');
const licences = packages.map(({ name, version, licence, texts }) =>
  [`${name} ${version} (${licence})`, ...texts].join('\n\n'),
);
writeFileSync(join(outdir, 'licenses.txt'), `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);

writeLock('runtime', readLock('.'));
writeLock('runtime/webassembly', lockFor(readLock('src/runtime/webassembly'), WEBASSEMBLY));

function readLock(folder) {
  return partsLock(JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8')));
}

function writeLock(folder, lock) {
  mkdirSync(join(outdir, folder));
  writeJson(join(outdir, folder, 'package.json'), manifestOf(lock));
  writeJson(join(outdir, folder, 'package-lock.json'), lock);
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
