import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findConvWeights } from '../../src/onnx/conv-weights.ts';
import { parseModel } from '../../src/onnx/model-file.ts';
import { readValues } from '../../src/onnx/stored-tensor.ts';
import type { ReportedMetrics } from '../../src/report/report.ts';
import { type Ended, type Entry, runEntry } from '../helpers/entries.ts';
import { readReport } from '../helpers/report-schema.ts';
import { casePath, describeCases, expectedCase } from './shared.ts';

const CASES = [
  { name: 'coco-mini-yolov5n', model: 'yolov5n', data: 'coco-mini' },
  { name: 'coco-mini-yolov8n', model: 'yolov8n', data: 'coco-mini' },
  { name: 'coco-mini-yolo26n', model: 'yolo26n', data: 'coco-mini' },
  { name: 'tips-yolov5n', model: 'tips', data: 'tips' },
] as const;

interface Result {
  readonly P: number;
  readonly R: number;
  readonly mAP50: number;
  readonly mAP75?: number;
  readonly mAP50_95: number;
  /** yolov5: by class id, the mean where a class has no labels; ultralytics: by the ids in `classes`. */
  readonly per_class_mAP50_95: readonly number[];
  readonly classes?: readonly number[];
  readonly coco: Readonly<Record<string, number>>;
  readonly detections: number;
  readonly prune?: { readonly layers: readonly { readonly name: string; readonly sha256: string }[] };
}

interface ExpectedCase {
  readonly protocol: string;
  readonly results: Readonly<Record<'0' | '0.1' | '0.3', Result>>;
}

/** The figures may differ by so much: the reference ran on another processor, for which ONNX Runtime has other kernels. */
const TOLERANCE = 0.0005;
/**
 * COCO's figures by size rest on few boxes, and one detection that changes its place moves them by more: 8.3e-4 on tips at
 * 30 %, on a processor on which ONNX Runtime 1.32 of PyPI and 1.30 here put out the same bits for all 19 pictures.
 */
const TOLERANCE_BY_SIZE = 0.001;
const differences: string[] = [];

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function largestDifference(pairs: readonly (readonly [number, number])[]): number {
  return pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(a - b)), 0);
}

function compare(label: string, actual: ReportedMetrics, expected: Result): void {
  const own = ['P', 'R', 'mAP50', 'mAP50_95', ...(expected.mAP75 === undefined ? [] : ['mAP75'])] as const;
  const figures = own.map((key) => [actual[key as 'P'], expected[key as 'P']] as const);
  const cocoPairs = (bySize: boolean) =>
    Object.entries(expected.coco)
      .filter(([key]) => /[sml]$/.test(key) === bySize)
      .map(([key, value]) => [actual.coco[key as 'AP'], value] as const);
  const expectedOf = (id: number) => expected.per_class_mAP50_95[expected.classes?.indexOf(id) ?? id]!;
  const perClass = actual.perClass.map(({ id, AP50_95 }) => [AP50_95, expectedOf(id)] as const);
  const worst = [figures, cocoPairs(false), perClass].map(largestDifference);
  const worstBySize = largestDifference(cocoPairs(true));
  differences.push(
    `${label.padEnd(24)} ${[...worst, worstBySize].map((value) => value.toExponential(1).padStart(12)).join('')} ` +
      `${String(actual.detections).padStart(11)} ${String(expected.detections).padStart(11)}`,
  );
  expect(Math.max(...worst), label).toBeLessThanOrEqual(TOLERANCE);
  expect(worstBySize, label).toBeLessThanOrEqual(TOLERANCE_BY_SIZE);
  expect(Math.abs(actual.detections - expected.detections) / expected.detections, label).toBeLessThanOrEqual(
    0.001,
  );
}

function compareWeights(bytes: Uint8Array, expected: Result): void {
  const hashes = new Map(
    findConvWeights(parseModel('pruned', bytes)).map((conv) => [
      conv.name,
      sha256(new Uint8Array(readValues(bytes, conv.tensor).buffer)),
    ]),
  );
  const layers = expected.prune!.layers;
  expect(
    layers.filter(({ name, sha256: hash }) => hashes.get(name) !== hash).map(({ name }) => name),
  ).toEqual([]);
}

interface Run extends Ended {
  readonly folder: string;
  readonly model: string;
  readonly original: Buffer;
  readonly report: string;
}

async function runCase(
  entry: Entry,
  item: (typeof CASES)[number],
  inputs: Record<string, string>,
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'case-'));
  const source = casePath('models', `${item.model}.onnx`);
  const model = join(folder, 'best.onnx');
  copyFileSync(source, model);
  const report = join(folder, 'report');
  const data = casePath('data', item.data, 'data.yaml');
  const ended = await runEntry(entry, { model, data, 'report-dir': report, ...inputs });
  return { ...ended, folder, model, original: readFileSync(source), report: join(report, 'report.json') };
}

describeCases('the whole action on real models', () => {
  describe.each(CASES)('$name', (item) => {
    const expected = expectedCase<ExpectedCase>(`${item.name}.json`);

    it.each([
      ['index', '0.3', '30%'],
      ['cli', '0.1', '0.1'],
    ] as const)('%s, a drop that is accepted: amount %s', async (entry, key, amount) => {
      const run = await runCase(entry, item, { amount, 'max-drop': '0.9' });
      expect(run.code, run.log).toBe(0);
      const report = readReport(run.report);
      expect(report.validation.protocol).toBe(expected.protocol);
      compare(`${item.name} 0`, report.validation.before, expected.results['0']);
      compare(`${item.name} ${key}`, report.validation.after, expected.results[key]);

      const pruned = readFileSync(run.model);
      compareWeights(pruned, expected.results[key]);
      expect(readFileSync(join(run.folder, 'best.unpruned.onnx')).equals(run.original)).toBe(true);
      expect(readdirSync(run.folder).sort()).toEqual(['best.onnx', 'best.unpruned.onnx', 'report']);
      expect(report.model).toMatchObject({
        replaced: true,
        sha256Before: sha256(run.original),
        sha256After: sha256(pruned),
      });
      if (entry === 'index') {
        expect(run.outputs).toMatchObject({
          verdict: 'pass',
          model: run.model,
          backup: join(run.folder, 'best.unpruned.onnx'),
          report: run.report,
          'metric-before': String(report.verdict.before),
          'metric-after': String(report.verdict.after),
          drop: String(report.verdict.drop),
          sparsity: String(report.prune.sparsity),
          'sha256-before': sha256(run.original),
          'sha256-after': sha256(pruned),
        });
        expect(run.summary).toBe(readFileSync(join(run.folder, 'report', 'summary.md'), 'utf8'));
      }
    });

    it.each(['index', 'cli'] as const)('%s, a drop that is not accepted', async (entry) => {
      const run = await runCase(entry, item, { amount: '30%', 'max-drop': '0.001' });
      expect(run.code, run.log).toBe(1);
      const report = readReport(run.report);
      compare(`${item.name} 0.3`, report.validation.after, expected.results['0.3']);
      expect(readFileSync(run.model).equals(run.original)).toBe(true);
      expect(readFileSync(join(run.folder, 'best.unpruned.onnx')).equals(run.original)).toBe(true);
      expect(report.verdict.pass).toBe(false);
      expect(report.model.replaced).toBe(false);
      expect(run.log).toContain('more than the 0.0010 that max-drop accepts');
      if (entry === 'index') expect(run.outputs.verdict).toBe('fail');
    });
  });

  afterAll(() => {
    const head = `${'largest difference'.padEnd(24)} ${['own figures', 'coco', 'per class', 'coco by size'].map((name) => name.padStart(12)).join('')}  detections   reference`;
    console.error([head, ...new Set(differences)].join('\n'));
  });
});
