import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryFiles } from '../helpers/temporary-folder.ts';
import { makeWorkspace } from './workspace.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Kilobytes of the disk: from one that holds the model alone to one that holds all of a run. */
const SIZES = process.env.FAULTS === 'full' ? steps(28, 4) : steps(28, 16);

function steps(from: number, by: number): readonly number[] {
  return Array.from({ length: Math.ceil((112 - from) / by) }, (_, i) => from + i * by);
}

/** Whether this machine lets a process have a disk of its own. */
const canMount =
  spawnSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

// The disk is gone with the process that made it, so all that is to be known is printed: exit status and hashes after a run on a
// full disk, and after another on a disk with room.
const SCRIPT = `
set -u
mount -t tmpfs -o "size=$SIZE"k tmpfs "$WORK/models"
cp "$WORK/best.onnx" "$WORK/models/best.onnx"
look() { for name in best.onnx best.unpruned.onnx; do [ -f "$WORK/models/$name" ] && sha256sum < "$WORK/models/$name" | cut -c1-64 | sed "s/^/$1 $name /"; done; ls -A "$WORK/models" | sed "s/^/$1 there /"; }
run() { "$NODE" "$CLI" --model="$WORK/models/best.onnx" --data="$WORK/data.yaml" --threads=1 --max-drop=1 --report-dir="$WORK/report" 2>&1; echo "$1 code $?"; }
run full; look full
mount -o remount,size=1m "$WORK/models"
run roomy; look roomy
`;

const counts = { full: 0, enough: 0, lost: 0 };
afterAll(() => {
  process.stdout.write(
    `Full disks: ${counts.full}, disks with just enough room: ${counts.enough}, ${counts.lost} lost originals\n`,
  );
});

describe.skipIf(!canMount)('on a disk (skipped where none can be mounted)', () => {
  test.each(SIZES)('of %i kB the original is never lost, and with room the next run ends well', (size) => {
    const { folder, model, original } = makeWorkspace(2);
    cpSync(model, join(folder, 'best.onnx'));
    const script = join(folder, 'run.sh');
    writeFileSync(script, SCRIPT);
    const { stdout } = spawnSync('unshare', ['--map-root-user', '--mount', 'sh', script], {
      env: {
        PATH: process.env.PATH ?? '',
        ...temporaryFiles(),
        ...{ WORK: folder, SIZE: String(size), NODE: process.execPath, CLI },
      },
      encoding: 'utf8',
    });
    const told = (line: string) => new RegExp(`^${line} (.+)$`, 'm').exec(stdout)?.[1];
    const hashes = ['best.onnx', 'best.unpruned.onnx'].map((name) => told(`full ${name}`));
    if (!hashes.includes(original)) counts.lost++;
    expect(hashes, stdout).toContain(original);
    if (told('full code') === '0') counts.enough++;
    else {
      counts.full++;
      expect(stdout).toMatch(/Error: .*(ENOSPC|no space left).* Free /is);
      expect(hashes[0]).toBe(original);
    }
    expect(told('roomy code'), stdout).toBe('0');
    expect(told('roomy best.unpruned.onnx')).toBe(original);
    expect(stdout.match(/^roomy there .*$/gm)).toEqual([
      'roomy there best.onnx',
      'roomy there best.unpruned.onnx',
    ]);
    rmSync(folder, { recursive: true });
  });

  test('the disks were too small for some runs, and large enough for others', () => {
    expect(counts.full).toBeGreaterThan(0);
    expect(counts.enough).toBeGreaterThan(0);
  });
});
