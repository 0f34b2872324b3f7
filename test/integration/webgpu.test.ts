import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkspace, reset, type Workspace } from '../faults/workspace.ts';
import { findChromium } from '../helpers/chromium.ts';
import { runEntry } from '../helpers/entries.ts';
import { readReport } from '../helpers/report-schema.ts';

/** Debian's Chromium brings a graphics card made of software, and the library that finds it. */
const FOLDERS = ['/usr/lib/chromium', dirname(findChromium() ?? '/nowhere')];
const card = FOLDERS.find((folder) =>
  ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'].every((name) =>
    existsSync(join(folder, name)),
  ),
);
const canRun = card !== undefined && process.platform === 'linux' && process.arch === 'x64';
if (!canRun) console.error('SKIPPED: a run by WebGPU (there is no Chromium with SwiftShader here).');

let workspace: Workspace;
beforeAll(() => {
  workspace = makeWorkspace(3);
});
afterAll(() => rmSync(workspace.folder, { recursive: true }));

async function reportBy(device: string, env: Readonly<Record<string, string>> = {}) {
  const { folder, model } = workspace;
  const report = join(folder, device);
  const inputs = { model, data: join(folder, 'data.yaml'), device, 'max-drop': '1', 'report-dir': report };
  const { code, log } = await runEntry('cli', inputs, { env });
  expect(code, log).toBe(0);
  reset(workspace);
  return { log, ...readReport(join(report, 'report.json')) };
}

test.skipIf(!canRun)('a whole run by WebGPU finds what the CPU finds, and says where it ran', async () => {
  const cpu = await reportBy('cpu');
  const webgpu = await reportBy('webgpu', {
    LD_LIBRARY_PATH: card!,
    VK_DRIVER_FILES: join(card!, 'vk_swiftshader_icd.json'),
  });
  expect(webgpu.log).toContain('The models run on WebGPU: device is webgpu');
  expect(webgpu.validation).toMatchObject({ device: 'webgpu', deviceReason: 'device is webgpu' });
  expect(webgpu.model.sha256After).toBe(cpu.model.sha256After);
  for (const stage of ['before', 'after'] as const) {
    const [a, b] = [cpu.validation[stage], webgpu.validation[stage]];
    // One at the floor of confidence may be on either side of it.
    expect(Math.abs(b.detections - a.detections)).toBeLessThanOrEqual(1);
    for (const figure of ['P', 'R', 'mAP50', 'mAP75', 'mAP50_95'] as const)
      expect(b[figure], `${stage} ${figure}`).toBeCloseTo(a[figure], 4);
  }
  expect(cpu.validation.before.mAP50).toBeGreaterThan(0);
});
