// How src becomes dist, and which packages go in, for the build and for the check of licences.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const BUNDLES = {
  index: 'src/index.ts',
  cli: 'src/cli.ts',
  worker: 'src/validate/worker.ts',
  reconstruct: 'src/prune/reconstruct/worker.ts',
  bootstrap: 'src/metrics/bootstrap-worker.ts',
  'probe-child': 'src/runtime/probe-child.ts',
};

// Some bundled packages are CommonJS and call `require` for Node's own modules.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

const NODE_CHECK = `if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Error: Node must be 24 or newer, but this is ' + process.version + '. Install Node 24 and try again.');
  process.exit(1);
}`;

/**
 * Bundles every entry into one readable file.
 *
 * @param outdir `null` to write nothing.
 * @returns the packages that went in, by name.
 */
export async function bundle(outdir) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: BUNDLES,
    outdir: outdir ?? 'dist',
    write: outdir !== null,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    charset: 'utf8',
    legalComments: 'none',
    // @actions/artifact unpacks downloads with it, and nothing is downloaded here; a package below it has no licence.
    alias: { 'unzip-stream': './scripts/not-bundled.mjs' },
    banner: { js: `${REQUIRE}\n${NODE_CHECK}` },
    metafile: true,
    logLevel: 'warning',
  });
  return packagesOf(Object.keys(metafile.inputs));
}

/** The packages that the given files belong to, each with its licence and the texts of it. */
function packagesOf(files) {
  const byFolder = Map.groupBy(files, (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  byFolder.delete(undefined);
  return [...byFolder]
    .map(([folder, own]) => {
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const texts = licenceFiles(folder);
      return {
        name: manifest.name,
        version: manifest.version,
        licence: manifest.license,
        texts: texts.length > 0 ? texts : licenceElsewhere(folder, own, manifest),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function licenceFiles(folder) {
  const named = (name) => /^(licen[cs]e|notice|copying)/i.test(name);
  // Most have files of these names; some have a folder of them.
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${folder}/node_modules`))
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((name) => named(name) && name.split('/').length <= 2)
    .sort()
    .map((name) => textOf(join(root, folder, name)));
}

/**
 * What packages without such a file must be passed on with: the section of the README, or else the licence's own text under the
 * author's name; and what stands at the head of the files themselves.
 */
function licenceElsewhere(folder, files, { license = '', author }) {
  const readme = readdirSync(join(root, folder)).find((name) => /^readme/i.test(name));
  const section = readme && /^#+ licen[cs]e\s+(.{200,})/ims.exec(textOf(join(root, folder, readme)))?.[1];
  const holder = typeof author === 'string' ? author : author?.name;
  const own = TEXTS.filter(([id]) => license.includes(id)).map(([id, text]) =>
    id === 'MIT' ? `Copyright (c) ${holder}\n\n${text}` : text,
  );
  const heads = files
    .map((file) =>
      /^(?:\/\/.*\n)*/
        .exec(textOf(join(root, file)))[0]
        .replace(/^\/\/ ?/gm, '')
        .trim(),
    )
    .filter((head) => /copyright/i.test(head));
  return [...(section ? [section] : own), ...new Set(heads)];
}

const TEXTS = ['Apache-2.0', 'MIT'].map((id) => [
  id,
  textOf(join(root, 'scripts', 'licence-texts', `${id}.txt`)),
]);

function textOf(path) {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trim();
}
