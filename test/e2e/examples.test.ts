import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playArtifactService } from '../helpers/artifact-service.ts';
import { cleanClone, findAct, type Played, play, REPOSITORY } from './act.ts';

const act = findAct();

describe.skipIf(act === null)('examples, with this commit as the action', () => {
  const { folder, clone } = act === null ? { folder: '', clone: '' } : cleanClone();
  const commands = join(folder, 'commands');
  const calls = join(folder, 'calls');

  beforeAll(() => {
    mkdirSync(join(clone, 'models'));
    copyFileSync(join(clone, 'demo/model/best.onnx'), join(clone, 'models/best.onnx'));
    const yaml = readFileSync(join(clone, 'demo/data/data.yaml'), 'utf8');
    writeFileSync(join(clone, 'data.yaml'), yaml.replace('path: .', 'path: demo/data'));
    mkdirSync(commands);
    command('pip', ':');
    command('gh', `echo "gh $*" >> "${calls}"`);
    command('yolo', 'mkdir -p runs/train/weights && cp demo/model/best.onnx runs/train/weights/best.onnx');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function command(name: string, script: string): void {
    writeFileSync(join(commands, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(commands, name), 0o755);
  }

  async function run(name: string, matrix?: string): Promise<Played & { readonly artifacts: string[] }> {
    await using service = await playArtifactService();
    const played = await play(act!, clone, {
      event: 'push',
      workflow: example(name),
      commands,
      env: service.env,
      ...(matrix === undefined ? {} : { matrix }),
    });
    expect(played.status, played.log).toBe(0);
    return { ...played, artifacts: service.created().map((artifact) => String(artifact.name)) };
  }

  /** An example that starts on a push, so that nothing of GitHub is needed. */
  function example(name: string): string {
    return readFileSync(join(REPOSITORY, 'examples', name), 'utf8')
      .replaceAll('org/yolo-prune-action@v1', './')
      .replace(/^on:\n(?: .*\n)+/m, 'on: push\n');
  }

  it.each(['pull-request.yml', 'forks-check.yml'])('%s', async (name) => {
    const { log, summaries, artifacts } = await run(name);
    expect(log).toMatch(/PASS: mAP50-95/);
    expect(summaries[0]).toContain('Pruning passed');
    expect(artifacts).toEqual(['yolo-prune-report']);
  });

  it('nightly.yml', async () => {
    const { log } = await run('nightly.yml');
    expect(log).toMatch(/30 % costs 0\.01\d+ \(95 % interval 0\.\d+ to 0\.\d+\)/);
  });

  it('matrix.yml', async () => {
    const { log, artifacts } = await run('matrix.yml', 'amount:20');
    expect(log).toContain('l1 20.0 %');
    expect(artifacts).toEqual(['pruned-20']);
  });

  it('train-prune-release.yml', async () => {
    await run('train-prune-release.yml');
    // act asks for a token by itself.
    const [create, upload, publish] = readFileSync(calls, 'utf8').match(/^gh release .*$/gm) ?? [];
    expect(create).toMatch(/^gh release create .* --draft/);
    expect(upload).toMatch(/^gh release upload \S+ runs\/train\/weights\/best\.onnx \S+report\.json$/);
    expect(publish).toMatch(/^gh release edit .* --draft=false$/);
  });
});
