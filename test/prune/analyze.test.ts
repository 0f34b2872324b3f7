import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readModelFile } from '../../src/onnx/model-file.ts';
import { analyzeModel } from '../../src/prune/analyze.ts';
import { type PrunedLayer, pruneModel } from '../../src/prune/prune-model.ts';
import { analysisLines } from '../../src/report/analysis.ts';

const MODEL = fileURLToPath(new URL('../../demo/model/best.onnx', import.meta.url));
const DATA = fileURLToPath(new URL('../../demo/data/data.yaml', import.meta.url));
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const model = await readModelFile(MODEL);

describe('analyzeModel', () => {
  test('counts what pruning counts, layer by layer', () => {
    const pruned = pruneModel(model, { method: 'l1', amount: 0.3, exclude: [] });
    const { layers, weights, zeros } = analyzeModel({ ...model, bytes: pruned.bytes }, null);
    const counted = ({ name, shape, weights, zeros }: (typeof layers)[number] | PrunedLayer) => [
      ...[name, shape, weights, zeros],
    ];
    expect(layers.map(counted)).toEqual(pruned.layers.map(counted));
    const expected = analyzeModel(model, null).layers.map(({ energyLost }) => energyLost[1]!);
    for (const [i, { energyLost, outputError }] of pruned.layers.entries()) {
      expect(energyLost).toBeCloseTo(expected[i]!, 12);
      expect(outputError).toBeNull();
    }
    expect([weights, zeros]).toEqual([pruned.weights, pruned.zeros]);
  });

  test('says what each amount takes: more for more, less than its share, nothing where the zeros are there', () => {
    for (const { energyLost } of analyzeModel(model, null).layers) {
      const [least, middle, most] = energyLost as [number, number, number];
      expect(0 <= least && least <= middle && middle <= most).toBe(true);
      expect(most).toBeLessThan(0.5);
    }
    const pruned = pruneModel(model, { method: 'l1', amount: 0.3, exclude: [] });
    for (const { energyLost } of analyzeModel({ ...model, bytes: pruned.bytes }, null).layers)
      expect(energyLost.slice(0, 2)).toEqual([0, 0]);
  });

  test('reads as a table whose columns line up', () => {
    const analysis = analyzeModel(model, null);
    const lines = analysisLines(analysis);
    const rows = lines.slice(0, analysis.layers.length + 1);
    expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
    expect(lines.at(-2)).toContain(`${analysis.layers.length} layers`);
  });
});

describe('yolo-prune analyze', () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [CLI, 'analyze', ...args], { encoding: 'utf8' });

  test('prints the table, or JSON', () => {
    const analysis = analyzeModel(model, null);
    expect(JSON.parse(run(MODEL, '--json').stdout)).toEqual(JSON.parse(JSON.stringify(analysis)));
    expect(run(MODEL).stdout).toContain(analysis.layers[0]!.name);
  });

  test('ends quietly where its reader leaves before the end', async () => {
    const child = spawn(process.execPath, [CLI, 'analyze', MODEL]);
    child.stdout.destroy();
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => (told += chunk));
    const [code] = await once(child, 'close');
    expect({ code, told }).toEqual({ code: 0, told: '' });
  });

  test('measures on a data set what each layer alone costs', () => {
    const { stdout, stderr } = run(MODEL, '--data', DATA, '--json');
    const { layers } = JSON.parse(stdout) as ReturnType<typeof analyzeModel>;
    const lost = layers.map(({ detectionsLost }) => detectionsLost!);
    expect(lost, stderr).toHaveLength(analyzeModel(model, null).layers.length);
    for (const share of lost) expect(share >= 0 && share < 0.5).toBe(true);
    expect(Math.max(...lost)).toBeGreaterThan(0.005);
    const table = run(MODEL, '--data', DATA).stdout;
    expect(table).toMatch(/^ *Layer .* Lost$/m);
    expect(table).toContain('when l1 takes 30 % of this layer alone');
  });

  test.each([
    [[], 'was given nothing'],
    [[MODEL, MODEL], 'takes one model'],
    [['--jsn', MODEL], "Unknown option '--jsn'"],
    [[MODEL, '--data', 'nowhere.yaml'], 'data must be the path of an existing data.yaml'],
  ])('refuses %j and says what to do', (args, problem) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
    if (!args.includes('--data')) expect(stderr).toContain('yolo-prune analyze best.onnx');
  });
});
