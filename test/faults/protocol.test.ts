import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { type Fault, Injected, PowerCut, WRITES } from './injected.ts';
import { type Draw, SimulatedDisk } from './simulated-disk.ts';
import {
  COMPRESSED,
  DATA,
  dataPath,
  expectNothingLost,
  ORIGINAL,
  PRUNED,
  prune,
  REFERRING,
  type Story,
  told,
} from './story.ts';

/** Power cuts have many outcomes: how many are drawn for each, and how many second cuts are left out for each first one. */
const [DRAWS, STEP] = process.env.FAULTS === 'full' ? [20, 3] : [1, 30];

const MODEL = '/w/best.onnx';
const BACKUP = '/w/best.unpruned.onnx';
const SECOND_BACKUP = '/w/best.unpruned.1.onnx';

/** What is there before a run, and what it is asked for. */
interface Scenario extends Story {
  readonly name: string;
  readonly before: Readonly<Record<string, Uint8Array>>;
  readonly after: Readonly<Record<string, Uint8Array>>;
  readonly noHardLinks?: boolean;
  /** Paths of `before` that somebody wrote just now, and nobody synced. */
  readonly loose?: readonly string[];
}

const BESIDE = `${MODEL}.zst`;
const SAME = { model: MODEL, output: MODEL, backup: BACKUP };
const OTHER = Buffer.from('another model');
const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the pruned model replaces the model',
    paths: SAME,
    accepted: true,
    before: { [MODEL]: ORIGINAL },
    after: { [MODEL]: PRUNED, [BACKUP]: ORIGINAL },
  },
  {
    name: 'the pruned model is refused',
    paths: SAME,
    accepted: false,
    before: { [MODEL]: ORIGINAL },
    after: { [MODEL]: ORIGINAL, [BACKUP]: ORIGINAL },
  },
  {
    name: 'the backup is there, and not yet on the disk for sure',
    paths: SAME,
    accepted: true,
    before: { [MODEL]: ORIGINAL, [BACKUP]: ORIGINAL },
    after: { [MODEL]: PRUNED, [BACKUP]: ORIGINAL },
    loose: [BACKUP],
  },
  {
    name: 'another file has the name of the backup',
    paths: SAME,
    accepted: true,
    before: { [MODEL]: ORIGINAL, [BACKUP]: OTHER },
    after: { [MODEL]: PRUNED, [BACKUP]: OTHER, [SECOND_BACKUP]: ORIGINAL },
  },
  {
    name: 'the backup goes to another folder of a file system without hard links',
    paths: { ...SAME, backup: '/b/best.onnx' },
    accepted: true,
    before: { [MODEL]: ORIGINAL },
    after: { [MODEL]: PRUNED, '/b/best.onnx': ORIGINAL },
    noHardLinks: true,
  },
  {
    name: 'a compressed copy is written beside the pruned model',
    paths: SAME,
    accepted: true,
    compressed: true,
    before: { [MODEL]: ORIGINAL },
    after: { [MODEL]: PRUNED, [BACKUP]: ORIGINAL, [BESIDE]: COMPRESSED },
  },
  {
    name: 'the pruned model replaces one that keeps its weights in another file',
    paths: SAME,
    accepted: true,
    before: { [MODEL]: REFERRING, [dataPath(MODEL)]: DATA },
    after: { [MODEL]: PRUNED, [dataPath(MODEL)]: DATA, [BACKUP]: ORIGINAL },
  },
  {
    name: 'the pruned model of one that keeps its weights in another file is refused',
    paths: SAME,
    accepted: false,
    before: { [MODEL]: REFERRING, [dataPath(MODEL)]: DATA },
    after: { [MODEL]: REFERRING, [dataPath(MODEL)]: DATA, [BACKUP]: ORIGINAL },
  },
  {
    name: 'the pruned model goes to a place of its own',
    paths: { ...SAME, output: '/b/pruned.onnx' },
    accepted: true,
    before: { [MODEL]: ORIGINAL, '/b/pruned.onnx': OTHER },
    after: { [MODEL]: ORIGINAL, '/b/pruned.onnx': PRUNED, [BACKUP]: ORIGINAL },
  },
];

/** Draws the same numbers on every run (xorshift). */
function drawing(seed: number): Draw {
  let state = seed * 2_654_435_761 + 1;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

function diskOf({ before, noHardLinks, loose = [] }: Scenario): SimulatedDisk {
  const disk = new SimulatedDisk();
  for (const folder of ['/', '/w', '/b']) disk.seed(folder, 'folder');
  for (const [path, bytes] of Object.entries(before)) {
    if (loose.includes(path)) disk.write(disk.create(path, 0o644), bytes);
    else disk.seed(path, bytes);
  }
  if (noHardLinks) {
    disk.link = (from) => {
      throw Object.assign(new Error(`EPERM: no links here, '${from}'`), { code: 'EPERM' });
    };
  }
  return disk;
}

/** How many operations a run takes without a fault. */
function operationsOf(scenario: Scenario): number {
  const counted = new Injected(diskOf(scenario), -1, { kind: 'end', when: 'before' });
  prune(counted.files, scenario);
  return counted.asked.length;
}

const counts = { cuts: 0, errors: 0, twice: 0, lost: 0 };

afterAll(() => {
  const total = counts.cuts + counts.errors + counts.twice;
  process.stdout.write(
    `Injected faults: ${total} (${counts.cuts} power cuts, ${counts.errors} failing calls, ${counts.twice} cuts in recovery), ${counts.lost} lost originals\n`,
  );
});

/** Checks what is left, then that the next run does its work and leaves nothing behind. */
function expectRecovery(disk: SimulatedDisk, scenario: Scenario): void {
  const { paths, accepted } = scenario;
  try {
    expectNothingLost(disk.list(), paths, accepted);
  } catch (error) {
    counts.lost++;
    throw error;
  }
  prune(disk, scenario);
  expectNothingLost(disk.list(), paths, accepted);
  const { [BACKUP]: backup, [BESIDE]: beside, ...after } = told(new Map(Object.entries(scenario.after)));
  // What was torn in the power cut is another file by now, and the original is kept beside it.
  const isTorn = scenario.loose !== undefined && disk.list().has(SECOND_BACKUP);
  const kept = isTorn ? { [BACKUP]: expect.any(String), [SECOND_BACKUP]: backup } : { [BACKUP]: backup };
  // A run that died once the model was in place has done its work: the next one adds nothing beside it.
  const { [BESIDE]: found, ...left } = told(disk.list());
  expect([undefined, beside]).toContain(found);
  expect({ [BACKUP]: undefined, ...left }).toEqual({ ...after, ...kept });
}

describe.for(SCENARIOS)('$name', (scenario) => {
  const operations = operationsOf(scenario);
  const numbers = Array.from({ length: operations }, (_, at) => at);
  const { paths, accepted } = scenario;

  test('without a fault', () => {
    const disk = diskOf(scenario);
    prune(disk, scenario);
    expect(told(disk.list())).toEqual(told(new Map(Object.entries(scenario.after))));
  });

  test('the power fails at every operation', () => {
    for (const at of numbers) {
      for (const when of ['before', 'halfway', 'after'] as const) {
        for (let seed = 0; seed < DRAWS; seed++) {
          const disk = diskOf(scenario);
          const cut = new Injected(disk, at, { kind: 'end', when });
          expect(() => prune(cut.files, scenario)).toThrow(PowerCut);
          disk.cutPower(drawing(at * 1000 + seed));
          counts.cuts++;
          expectRecovery(disk, scenario);
        }
      }
    }
  });

  test('the power fails again while the next run cleans up', () => {
    for (const at of numbers) {
      for (const again of numbers.filter((number) => number % STEP === at % STEP)) {
        const disk = diskOf(scenario);
        const draw = drawing(at * 1000 + again);
        const first = new Injected(disk, at, { kind: 'end', when: 'after' });
        expect(() => prune(first.files, scenario)).toThrow(PowerCut);
        disk.cutPower(draw);
        const second = new Injected(disk, again, { kind: 'end', when: 'after' });
        try {
          prune(second.files, scenario);
        } catch (error) {
          expect(error).toBeInstanceOf(PowerCut);
        }
        disk.cutPower(draw);
        counts.twice++;
        expectRecovery(disk, scenario);
      }
    }
  });

  test.for<Fault & { readonly kind: 'error'; readonly writesOnly: boolean }>([
    { kind: 'error', code: 'ENOSPC', lasts: false, writesOnly: true },
    { kind: 'error', code: 'ENOSPC', lasts: true, writesOnly: true },
    { kind: 'error', code: 'EIO', lasts: false, writesOnly: false },
    { kind: 'error', code: 'EIO', lasts: true, writesOnly: false },
    { kind: 'error', code: 'EROFS', lasts: true, writesOnly: true },
  ])('$code at every operation (to the end: $lasts)', (fault) => {
    for (const at of numbers) {
      const disk = diskOf(scenario);
      const failing = new Injected(disk, at, fault, (name) => !fault.writesOnly || WRITES.has(name));
      try {
        prune(failing.files, scenario);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
      if (failing.asked.length <= at) break;
      counts.errors++;
      expectNothingLost(disk.list(), paths, accepted);
      disk.cutPower(drawing(at));
      expectRecovery(disk, scenario);
    }
  });
});
