import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ArtifactService, playArtifactService } from '../helpers/artifact-service.ts';
import { cleanClone, findAct, play, REPOSITORY } from './act.ts';

const act = findAct();
const read = (path: string) => readFileSync(join(REPOSITORY, path));

describe.skipIf(act === null)('uses: ./ out of a clean clone, without node_modules', () => {
  const { folder, clone } = act === null ? { folder: '', clone: '' } : cleanClone();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (service?: ArtifactService) =>
    play(act!, clone, {
      event: 'push',
      workflow: String(read('.github/workflows/e2e.yml')),
      matrix: 'name:linux-x64',
      ...(service ? { env: service.env } : {}),
    });

  it('passes, fails and refuses as it should; installs once; tells both verdicts; uploads the artifact', async () => {
    await using service = await playArtifactService();
    const { status, log, summaries } = await run(service);
    expect(status, log).toBe(0);
    for (const scene of ['accepted', 'refused', 'wrong']) expect(log).toContain(`As expected: ${scene}`);
    expect(log.match(/by npm, once/g)).toHaveLength(1);
    expect(log).toMatch(/PASS: mAP50-95/);
    expect(log).toMatch(/FAIL: mAP50-95/);
    // act shows workflow commands as they are sent, with `%` encoded.
    expect(log).toContain('Did you mean 30%25?');
    expect(log).toMatch(/set-output:: artifact-id=4711/);

    expect(summaries).toHaveLength(2);
    expect(summaries[0]).toMatch(/Pruning passed: mAP50-95 0\.\d{4} → 0\.\d{4}/);
    expect(summaries[0]).toContain('/artifacts/4711');
    expect(summaries[1]).toMatch(/Pruning failed: mAP50-95/);

    const files = service.filesOf('e2e-linux-x64');
    for (const name of ['report/report.json', 'report/report.html', 'report/summary.md', 'report/badge.json'])
      expect([...files.keys()]).toContain(name);
    expect(files.get('best.unpruned.onnx')!.bytes.equals(read('demo/model/best.onnx'))).toBe(true);
    expect(files.get('best.onnx')!.bytes.equals(read('demo/model/best.onnx'))).toBe(false);
    const models = [...files].filter(([name]) => name.endsWith('.onnx'));
    expect(models.map(([, { stored }]) => stored)).toEqual([true, true]);
  });

  it('finds the native packages in the tool cache the second time', async () => {
    const { status, log } = await run();
    expect(status, log).toBe(0);
    expect(log).not.toContain('by npm, once');
    expect(log).toContain('come from tool cache');
  });
});
