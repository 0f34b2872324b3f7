import { lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeReport } from '../../src/report/write.ts';
import { reportOf } from '../helpers/sample-report.ts';

test('a report folder that came with a checkout leads nowhere else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [report, outside] = [join(folder, 'report'), join(folder, 'outside')];
  await mkdir(report);
  await mkdir(outside);
  await writeFile(join(outside, 'profile'), 'as it was');
  await symlink(join(outside, 'profile'), join(report, 'report.json'));
  await symlink(join(folder, 'new'), join(report, 'summary.md'));
  await symlink(outside, join(report, 'charts'));

  await writeReport(report, reportOf(), { pictures: new Map(), toPng: async () => new Uint8Array() });
  expect(await readFile(join(outside, 'profile'), 'utf8')).toBe('as it was');
  await expect(lstat(join(folder, 'new'))).rejects.toThrow(/ENOENT/);
  await expect(lstat(join(outside, 'class-drops.svg'))).rejects.toThrow(/ENOENT/);
  for (const name of ['report.json', 'summary.md', join('charts', 'class-drops.svg')])
    expect((await lstat(join(report, name))).isFile()).toBe(true);
  // A second report takes the place of the first.
  await writeReport(report, reportOf(), { pictures: new Map(), toPng: async () => new Uint8Array() });
});
