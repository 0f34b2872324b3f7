import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fewest } from '../../src/amount/fewest.ts';
import { MOST_TRIES } from '../../src/amount/types.ts';

async function search(most: number, enough: number) {
  const tried: number[] = [];
  const found = await fewest(most, async (count) => {
    tried.push(count);
    return { pass: count >= enough, margin: 0, isDoubtful: false };
  });
  return { found, tried };
}

test('the least that passes, in few tries, each of them once', async () => {
  const numbers = fc.record({
    most: fc.integer({ min: 1, max: 254 }),
    enough: fc.integer({ min: 1, max: 254 }),
  });
  await fc.assert(
    fc.asyncProperty(numbers, async ({ most, enough }) => {
      const { found, tried } = await search(most, enough);
      expect(found).toBe(enough <= most ? enough : null);
      expect(tried.length).toBeLessThanOrEqual(MOST_TRIES);
      expect(new Set(tried).size).toBe(tried.length);
      for (const count of tried) expect(count).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test('nothing to try', async () => {
  expect(await search(0, 1)).toEqual({ found: null, tried: [] });
});
