// Bundles the action, the command line and what they start into dist/, each in one readable file, with the licences of all
// packages that went in. The native packages stay outside; runtime/ has the manifests and lock files to install them by.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lockFor, manifestOf, partsLock } from '../src/runtime/lock.ts';
import { WEBASSEMBLY } from '../src/runtime/target.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = process.argv[2] ?? join(root, 'dist');

const BUNDLES = {
  index: 'src/index.ts',
  cli: 'src/cli.ts',
  worker: 'src/validate/worker.ts',
  reconstruct: 'src/prune/reconstruct/worker.ts',
  'probe-child': 'src/runtime/probe-child.ts',
};

// Some bundled packages are CommonJS and call `require` for Node's own modules.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

const NODE_CHECK = `if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Error: Node must be 24 or newer, but this is ' + process.version + '. Install Node 24 and try again.');
  process.exit(1);
}`;

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: BUNDLES,
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  charset: 'utf8',
  legalComments: 'none',
  banner: { js: `${REQUIRE}\n${NODE_CHECK}` },
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n');
writeFileSync(join(outdir, 'licenses.txt'), licences(Object.keys(metafile.inputs)));

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

/** The licence texts of the packages that the given files belong to, by package name. */
function licences(files) {
  const folders = new Set();
  for (const file of files) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
    if (match) folders.add(match[1]);
  }
  return [...folders]
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
    }))
    .sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1))
    .map(({ folder, manifest }) => {
      const named = (name) => /^(licen[cs]e|notice|copying)/i.test(name);
      // Most have files of these names; some have a folder of them.
      const texts = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${folder}/node_modules`))
        .map((entry) =>
          relative(join(root, folder), join(entry.parentPath, entry.name)).replaceAll('\\', '/'),
        )
        .filter((name) => named(name) && name.split('/').length <= 2);
      const body = texts.sort().map((name) =>
        readFileSync(join(root, folder, name), 'utf8')
          .replaceAll('\r\n', '\n')
          .trim(),
      );
      return [`${manifest.name} ${manifest.version} (${manifest.license})`, ...body].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n');
}
