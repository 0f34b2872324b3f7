import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const FLIPS = process.env.FAULTS === 'full' ? 2000 : 300;
const BATCH = fileURLToPath(new URL('./model-batch.ts', import.meta.url));

test.each([
  ['cut', 100],
  ['changed', FLIPS],
])(
  'models that are %s (%i), through the reader, pruning, ONNX Runtime and the head',
  { timeout: 1_200_000 },
  async (kind, count) => {
    const folder = mkdtempSync(join(tmpdir(), 'batch-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const peak = join(folder, 'peak');
    const { stdout } = await promisify(execFile)(process.execPath, [BATCH, folder, kind, String(count)], {
      env: {
        ...process.env,
        NODE_OPTIONS: `--import=${new URL('../helpers/peak.mjs', import.meta.url)}`,
        PEAK_FILE: peak,
      },
    });
    const { ran, refused, longest, mute } = JSON.parse(stdout) as {
      readonly [key in 'ran' | 'refused' | 'longest']: number;
    } & { readonly mute: readonly string[] };
    const bytes = Number(readFileSync(peak, 'utf8').trim());
    process.stdout.write(
      `Models ${kind}: ${refused} refused, ${ran} ran, longest ${(longest / 1000).toFixed(1)} s, most memory ${(bytes / 2 ** 20).toFixed(0)} MB\n`,
    );
    expect(ran + refused).toBe(count);
    expect(refused).toBeGreaterThan(count / 10);
    expect(mute).toEqual([]);
    expect(longest).toBeLessThan(10_000);
    expect(bytes).toBeLessThan(2 ** 30);
  },
);
