import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largestAmount } from '../../src/amount/largest.ts';
import { MOST_TRIES, type Tried } from '../../src/amount/types.ts';

const ACCEPTED = 0.02;

/** Searches where `dropAt` is what each amount costs. */
async function search(dropAt: (amount: number) => number) {
  const tried: number[] = [];
  const found = await largestAmount(ACCEPTED, async (amount): Promise<Tried> => {
    tried.push(amount);
    const margin = ACCEPTED - dropAt(amount);
    return { pass: margin >= 0, margin, isDoubtful: margin < 0 && margin > -0.002 };
  });
  return { found, tried };
}

test('finds where the drop is used up, to a point, in few tries, whatever the curve', async () => {
  const curve = fc.record({
    limit: fc.double({ min: 0.02, max: 0.93, noNaN: true }),
    power: fc.double({ min: 1, max: 12, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(curve, async ({ limit, power }) => {
      const { found, tried } = await search((amount) => ACCEPTED * (amount / limit) ** power);
      expect(tried.length).toBeLessThanOrEqual(MOST_TRIES);
      expect(new Set(tried).size).toBe(tried.length);
      expect(found).toBeLessThanOrEqual(limit + 1e-9);
      expect(found).toBeGreaterThan(limit - 0.02);
    }),
    { numRuns: 300 },
  );
});

test('what is found has passed itself, however much the drops jump', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const noise = (amount: number) => Math.sin(seed + 1000 * amount) * 0.02;
      const dropAt = (amount: number) => 0.05 * amount + noise(amount);
      const { found, tried } = await search(dropAt);
      expect(tried.length).toBeLessThanOrEqual(MOST_TRIES);
      if (found === null) return;
      expect(tried).toContain(found);
      expect(dropAt(found)).toBeLessThanOrEqual(ACCEPTED);
    }),
  );
});

test('none where everything fails, nearly all where nothing does', async () => {
  const none = await search(() => 1);
  expect(none.found).toBeNull();
  expect(Math.min(...none.tried)).toBeLessThan(0.02);
  expect((await search(() => 0)).found).toBe(0.95);
});

test('a failure that is in doubt does not end the way up', async () => {
  const passing = new Set([0.65]);
  const found = await largestAmount(ACCEPTED, async (amount) => {
    const pass = passing.has(amount);
    return { pass, margin: pass ? 0.01 : -0.001, isDoubtful: !pass && amount < 0.65 };
  });
  expect(found).toBe(0.65);
});

test('another rule than the drop: the middle is tried', async () => {
  const tried: number[] = [];
  const found = await largestAmount(ACCEPTED, async (amount) => {
    tried.push(amount);
    return { pass: amount <= 0.412, margin: 0.01, isDoubtful: false };
  });
  expect(found).toBeCloseTo(0.41, 2);
  expect(tried.length).toBeLessThanOrEqual(MOST_TRIES);
});
