// Holds the committed bundle against a fresh build: what users run must be what the sources say.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fresh = mkdtempSync(join(tmpdir(), 'yolo-prune-dist-'));
try {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', fresh], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  const names = [...new Set([...list(fresh), ...list(join(root, 'dist'))])].sort();
  const stale = names.filter((name) => read(join(fresh, name)) !== read(join(root, 'dist', name)));
  if (stale.length > 0) {
    console.error(
      `dist/ is not what the sources make: ${stale.join(', ')}. Run \`npm run build\` and commit dist.`,
    );
    process.exit(1);
  }
  console.log(`dist/ is what the sources make: ${names.join(', ')}.`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

function list(folder) {
  try {
    return readdirSync(folder, { recursive: true });
  } catch {
    return [];
  }
}

function read(file) {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
