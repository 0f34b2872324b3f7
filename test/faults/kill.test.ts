import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  besideModel,
  EXTERNAL,
  makeWorkspace,
  ONE_FILE,
  reset,
  runBundle,
  type Workspace,
} from './workspace.ts';

const KILLS = process.env.FAULTS === 'full' ? 200 : 10;

/** Lines after which a run is about to write something. */
const PHASES = [/^Check/, /^Prune/, /^Back up/, /^Validate/, /^Judge/, /^Report/];

const counts = { killed: 0, ended: 0, lost: 0 };

afterAll(() => {
  process.stdout.write(
    `kill -9: ${counts.killed} in the middle, ${counts.ended} too late, ${counts.lost} lost originals\n`,
  );
});

describe.for([
  ['a model in one file', ONE_FILE, KILLS],
  ['a model whose values lie in another file', EXTERNAL, Math.ceil(KILLS / 3)],
] as const)('%s', ([, source, kills]) => {
  let workspace: Workspace;
  let before: ReturnType<typeof besideModel>;
  let after: ReturnType<typeof besideModel>;
  let runMilliseconds: number;

  beforeAll(async () => {
    workspace = makeWorkspace(3, source);
    before = besideModel(workspace);
    const started = performance.now();
    const { code, log } = await runBundle(workspace);
    expect(code, log).toBe(0);
    runMilliseconds = performance.now() - started;
    after = besideModel(workspace);
    expect(after).toEqual({
      ...before,
      'best.onnx': after['best.onnx'],
      'best.unpruned.onnx': workspace.original,
    });
    expect(after['best.onnx']).not.toBe(before['best.onnx']);
  });

  afterAll(() => rmSync(workspace.folder, { recursive: true }));

  /** Half of the kills come at any time, half right after a phase began. */
  async function runAndKill(number: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const phase = PHASES[(number >> 1) % PHASES.length]!;
    const atAnyTime = number % 2 === 0;
    const { signal } = await runBundle(workspace, {}, (line, child) => {
      const kill = () => child.kill('SIGKILL');
      if (atAnyTime) timer ??= setTimeout(kill, Math.random() * runMilliseconds);
      else if (phase.test(line)) setTimeout(kill, Math.random() * 20);
    });
    clearTimeout(timer);
    counts[signal === 'SIGKILL' ? 'killed' : 'ended']++;
  }

  test(`is there after kill -9, and the next run ends well (${kills} times)`, {
    timeout: 3_600_000,
  }, async () => {
    for (let number = 0; number < kills; number++) {
      reset(workspace);
      await runAndKill(number);
      const left = besideModel(workspace);
      const isAsBefore = Object.entries(before).every(([name, hash]) => left[name] === hash);
      const isPruned = left['best.onnx'] === after['best.onnx'];
      const isSafe = isAsBefore || (isPruned && left['best.unpruned.onnx'] === workspace.original);
      if (!isSafe) counts.lost++;
      expect(left, `kill ${number}`).toSatisfy(() => isSafe);
      const { code, log } = await runBundle(workspace);
      expect(code, log).toBe(0);
      expect(besideModel(workspace)).toEqual(after);
    }
  });
});

describe.for(['SIGTERM', 'SIGINT'] as const)('%s, as a cancelled job sends it', (signal) => {
  test.for(['Back up', 'Validate'])('during "%s" restores, says so and ends at once', async (phase) => {
    const many = makeWorkspace(300);
    const ended = await runBundle(many, {}, (line, child) => {
      if (line.startsWith(phase)) child.kill(signal);
    });
    expect(ended.signal, ended.log).toBe(signal);
    expect(ended.log).toMatch(new RegExp(`Stopped by ${signal}\\. .*best\\.onnx is as it was\\.`));
    expect(ended.log).not.toContain('Report');
    const { 'best.unpruned.onnx': backup, ...others } = besideModel(many);
    expect(others).toEqual({ 'best.onnx': many.original });
    expect([undefined, many.original]).toContain(backup);
    rmSync(many.folder, { recursive: true });
  });
});

test('a run past its time limit ends with a clear error, and the model is as it was', async () => {
  const many = makeWorkspace(5000);
  const { code, log } = await runBundle(many, { timeout: '1s' });
  expect(code, log).toBe(1);
  expect(log).toMatch(/within 1 seconds \(input `timeout`\).*Nothing was replaced/s);
  expect(besideModel(many)['best.onnx']).toBe(many.original);
  expect(Object.keys(besideModel(many)).every((name) => !name.startsWith('.'))).toBe(true);
  rmSync(many.folder, { recursive: true });
});

test('the time limit holds for what methods do with calibration images', async () => {
  const many = makeWorkspace(1);
  const calibration = join(many.folder, 'calibration');
  mkdirSync(calibration);
  const picture = new URL('../fixtures/models/160x96.png', import.meta.url);
  copyFileSync(picture, join(calibration, '0.png'));
  for (let i = 1; i < 5000; i++) linkSync(join(calibration, '0.png'), join(calibration, `${i}.png`));
  const { code, log } = await runBundle(many, {
    timeout: '2s',
    method: 'reconstruct',
    calibration,
    'calibration-images': '5000',
  });
  expect(code, log).toBe(1);
  expect(log).toMatch(/looks at \d+ calibration images.*within 2 seconds/s);
  expect(besideModel(many)).toEqual({ 'best.onnx': many.original });
  rmSync(many.folder, { recursive: true });
});

test('images that vanish while they are validated do not count, and are told', async () => {
  const many = makeWorkspace(400);
  const { code, log } = await runBundle(many, {}, (line) => {
    if (line.startsWith('Validate')) rmSync(`${many.folder}/images/399.png`, { force: true });
  });
  expect(code, log).toBe(0);
  expect(log).toMatch(/399\.png cannot be used: ENOENT.*does not count/s);
  rmSync(many.folder, { recursive: true });
});
