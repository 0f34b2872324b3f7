import { copyFileSync, cpSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report, ReportedMetrics } from '../../src/report/report.ts';
import { runEntry } from '../helpers/entries.ts';
import { readReport } from '../helpers/report-schema.ts';
import { webassemblyBase } from '../helpers/webassembly.ts';
import { casePath, describeCases } from './shared.ts';

const CASES = [
  { model: 'yolov5n', data: 'coco-mini' },
  { model: 'yolov8n', data: 'coco-mini' },
  { model: 'yolo26n', data: 'coco-mini' },
  { model: 'tips', data: 'tips' },
] as const;

/** How far figures of WebAssembly may lie from those of machine code. */
const TOLERANCE = 1e-4;

const lines: string[] = [];

describeCases('the whole action by WebAssembly', () => {
  const root = mkdtempSync(join(tmpdir(), 'webassembly-case-'));
  // Away from node_modules, which are machine code.
  const dist = join(root, 'dist');
  cpSync(fileURLToPath(new URL('../../dist/', import.meta.url)), dist, { recursive: true });
  afterAll(() => rm(root, { recursive: true }));

  async function run(
    item: (typeof CASES)[number],
    inputs: Record<string, string>,
    from?: string,
  ): Promise<Report> {
    const folder = mkdtempSync(join(root, 'run-'));
    const model = join(folder, 'best.onnx');
    copyFileSync(casePath('models', `${item.model}.onnx`), model);
    const given = {
      model,
      data: casePath('data', item.data, 'data.yaml'),
      'report-dir': join(folder, 'report'),
      amount: '30%',
      'max-drop': '0.9',
      ...inputs,
    };
    const { code, log } = await runEntry('index', given, from === undefined ? {} : { dist: from });
    expect(code, log).toBe(0);
    return readReport(join(folder, 'report', 'report.json'));
  }

  describe.each(CASES)('$model on $data', (item) => {
    it('gives the figures of machine code within 1e-4', async () => {
      const runtimePath = dirname(await webassemblyBase());
      const { validation, timing } = await run(item, { 'runtime-path': runtimePath }, dist);
      expect(validation.runtime).toMatch(/^onnxruntime-web /);

      const native = await run(item, {});
      expect(native.validation.runtime).toMatch(/^onnxruntime-node /);
      const difference = Math.max(
        furthest(validation.before, native.validation.before),
        furthest(validation.after, native.validation.after),
      );
      expect(difference).toBeLessThanOrEqual(TOLERANCE);
      const factor = timing.validateSeconds / native.timing.validateSeconds;
      lines.push(
        `${item.model.padEnd(10)} ${difference.toExponential(1)} at most, ${factor.toFixed(2)} times as long`,
      );
    });
  });

  afterAll(() =>
    console.error(['WebAssembly against machine code, figures and validation:', ...lines].join('\n')),
  );
});

function furthest(one: ReportedMetrics, other: ReportedMetrics): number {
  const figures = ({ P, R, mAP50, mAP75, mAP50_95, coco, perClass }: ReportedMetrics) => [
    ...[P, R, mAP50, mAP75, mAP50_95],
    ...Object.values(coco),
    ...perClass.map(({ AP50_95 }) => AP50_95),
  ];
  const others = figures(other);
  return Math.max(...figures(one).map((value, i) => Math.abs(value - others[i]!)));
}
