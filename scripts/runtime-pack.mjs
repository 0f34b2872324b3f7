// Makes the archive that the input `runtime-path` takes: the native packages for one kind of machine, installed by npm as the
// action installs them. The same version of Node on the same kind of machine makes the same bytes each time.
//
//   npm run runtime:pack -- [--target linux-x64-glibc] [--out FOLDER]
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sha256OfFile } from '../src/files/hashes.ts';
import { packFolder } from '../src/runtime/archive.ts';
import { installParts } from '../src/runtime/install.ts';
import { partsName, readLock } from '../src/runtime/lock.ts';
import { baseOf } from '../src/runtime/parts-folder.ts';
import { probe } from '../src/runtime/probe.ts';
import {
  currentTarget,
  NATIVE_TARGETS,
  partsTarget,
  targetName,
  targetOf,
  WEBASSEMBLY,
} from '../src/runtime/target.ts';

const here = targetName(partsTarget(currentTarget()));
const { values } = parseArgs({
  options: { target: { type: 'string', default: here }, out: { type: 'string', default: '.' } },
});
const target = targetOf(values.target);
if (target === null) {
  const names = [...NATIVE_TARGETS, targetName(WEBASSEMBLY)].join(', ');
  console.error(`--target must be one of ${names}, but it was ${values.target}.`);
  process.exit(1);
}

const lock = await readLock(new URL('../src/index.ts', import.meta.url).href, target);
const archive = resolve(
  values.out,
  `yolo-prune-runtime-${partsName(lock, target).replaceAll('/', '-')}.tar.gz`,
);
const work = mkdtempSync(join(tmpdir(), 'yolo-prune-runtime-'));
try {
  await installParts(work, lock, target, process.env);
  if (target === WEBASSEMBLY || values.target === here) await probe(baseOf(work));
  mkdirSync(dirname(archive), { recursive: true });
  await packFolder(work, archive);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${archive}: ${statSync(archive).size} bytes, SHA-256 ${await sha256OfFile(archive)}`);
