import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { l1 } from '../../src/prune/l1.ts';
import { roundHalfEven } from '../../src/round.ts';

interface Case {
  readonly seed: number;
  readonly count: number;
  readonly levels: number;
  readonly amount: number;
  readonly zeros: number;
  readonly sha256: string;
}

const fixture = new URL('../fixtures/prune/l1.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: readonly Case[] };

/** The same generator as in test/fixtures/prune/make.py. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function weights({ seed, count, levels }: Case): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length: count }, () => {
    const value = random() * 2 - 1;
    return levels ? (roundHalfEven(value * levels) + 0) / levels : value;
  });
}

function pruned(values: Float32Array, amount: number): Float32Array {
  return l1([{ name: 'w', shape: [values.length, 1, 1, 1], values }], amount)[0]!;
}

test('what torch prunes, to the bit, equal values included', () => {
  const differing = cases.filter((item) => {
    const result = pruned(weights(item), item.amount);
    return createHash('sha256').update(new Uint8Array(result.buffer)).digest('hex') !== item.sha256;
  });
  expect(differing).toEqual([]);
  expect(cases.length).toBeGreaterThan(400);
});

test('a pruned negative weight is -0, as weight × mask gives', () => {
  expect(Object.is(pruned(Float32Array.of(-0.1, 5), 0.5)[0], -0)).toBe(true);
});

test('the count is rounded half to even', () => {
  const zeros = (count: number, amount: number) =>
    pruned(
      Float32Array.from({ length: count }, (_, i) => i + 1),
      amount,
    ).filter((value) => value === 0).length;
  expect([zeros(5, 0.5), zeros(7, 0.5), zeros(3, 0.1)]).toEqual([2, 4, 0]);
});

test('what it is given stays as it was', () => {
  const values = Float32Array.of(1, 2, 3);
  pruned(values, 0.9);
  expect([...values]).toEqual([1, 2, 3]);
});

test('thousands of equal values take no quadratic time', () => {
  const values = new Float32Array(2_000_000).fill(0.5);
  expect(pruned(values, 0.3).filter((value) => value === 0).length).toBe(600_000);
});
