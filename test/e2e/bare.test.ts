import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runEntry } from '../helpers/entries.ts';
import { REPOSITORY } from './act.ts';

test('dist alone, in an empty folder: it installs what it needs and prunes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yolo-prune-bare-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(REPOSITORY, 'dist'), join(folder, 'action'), { recursive: true });
  cpSync(join(REPOSITORY, 'demo'), join(folder, 'demo'), { recursive: true });
  mkdirSync(join(folder, 'tools'));
  const inputs = { model: 'demo/model/best.onnx', data: 'demo/data/data.yaml' };
  const ended = await runEntry('index', inputs, {
    cwd: folder,
    dist: join(folder, 'action'),
    env: { RUNNER_TOOL_CACHE: join(folder, 'tools') },
  });
  expect(ended.code, ended.log).toBe(0);
  expect(ended.log).toContain('by npm, once');
  expect(ended.outputs.verdict).toBe('pass');
});
