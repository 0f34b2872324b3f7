import { copyFileSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runEntry } from '../helpers/entries.ts';
import { casePath, describeCases } from './shared.ts';

const MESSAGES: Readonly<Record<string, RegExp>> = {
  'classifier.onnx': /classif/i,
  'custom-op.onnx': /operator .*Export the model/i,
  'lfs-pointer.onnx': /Git LFS pointer.*lfs: true/,
  'raw-heads.onnx': /Detect/i,
  'yolo26n-int8-dynamic.onnx': /int8.*Prune the float model first/,
  'yolov5n-int8-qdq.onnx': /int8.*Prune the float model first/,
};

describeCases('files that are no float detector', () => {
  it('all of them have a message here', () => {
    expect(readdirSync(casePath('bad-models')).sort()).toEqual(Object.keys(MESSAGES).sort());
  });

  it.each(Object.keys(MESSAGES))('%s ends red with one message, and nothing is written', async (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'bad-'));
    const source = casePath('bad-models', name);
    const model = join(folder, 'best.onnx');
    copyFileSync(source, model);
    const data = casePath('data', 'coco-mini', 'data.yaml');
    for (const entry of ['index', 'cli'] as const) {
      const { code, log } = await runEntry(entry, { model, data, 'report-dir': join(folder, 'report') });
      expect(code).toBe(1);
      const errors = log.split('\n').filter((line) => /^(::error::|Error: )/.test(line));
      expect(errors, log).toHaveLength(1);
      expect(errors[0]).toMatch(MESSAGES[name]!);
      expect(log).not.toMatch(/^\s+at /m);
      expect(readFileSync(model).equals(readFileSync(source))).toBe(true);
      expect(readdirSync(folder).filter((entry) => entry !== 'report')).toEqual(['best.onnx']);
    }
  });
});
