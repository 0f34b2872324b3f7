// Makes the archive that the input `runtime-path` takes: the native packages for one kind of machine, installed by npm as the
// action installs them. The same version of Node on the same kind of machine makes the same bytes each time.
//
//   npm run runtime:pack -- [--target linux-x64-glibc] [--out FOLDER]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sha256OfFile } from '../src/files/hashes.ts';
import { packFolder } from '../src/runtime/archive.ts';
import { installParts } from '../src/runtime/install.ts';
import { nativeLock, partsName } from '../src/runtime/lock.ts';
import { baseOf } from '../src/runtime/parts-folder.ts';
import { probe } from '../src/runtime/probe.ts';
import { currentTarget, NATIVE_TARGETS, nativeTarget, targetName } from '../src/runtime/target.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const here = targetName(currentTarget());
const { values } = parseArgs({
  options: { target: { type: 'string', default: here }, out: { type: 'string', default: '.' } },
});
const target = nativeTarget(values.target);
if (target === null) {
  console.error(`--target must be one of ${NATIVE_TARGETS.join(', ')}, but it was ${values.target}.`);
  process.exit(1);
}

const lock = nativeLock(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
const archive = resolve(
  values.out,
  `yolo-prune-runtime-${partsName(lock, target).replaceAll('/', '-')}.tar.gz`,
);
const work = mkdtempSync(join(tmpdir(), 'yolo-prune-runtime-'));
try {
  await installParts(work, lock, target);
  if (values.target === here) await probe(baseOf(work));
  mkdirSync(dirname(archive), { recursive: true });
  await packFolder(work, archive);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${archive}: ${statSync(archive).size} bytes, SHA-256 ${await sha256OfFile(archive)}`);
