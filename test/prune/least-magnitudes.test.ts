import fc from 'fast-check';
import { expect, test } from 'vitest';
import { l1 } from '../../src/prune/l1.ts';
import { magnitudeCut } from '../../src/prune/least-magnitudes.ts';
import { smallestIndices } from '../../src/prune/smallest.ts';

const number = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -4, max: 4 }).map((value) => value / 4),
);

test('the cut is the count-th least magnitude, or null where equal ones lie beyond it', () => {
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 60 }), fc.nat(), (list, at) => {
      const values = Float32Array.from(list);
      const count = 1 + (at % values.length);
      const sorted = values.map(Math.abs).sort();
      const [last, next] = [sorted[count - 1], sorted[count]];
      expect(magnitudeCut(values, count)).toBe(last === next ? null : last);
    }),
    { numRuns: 2000 },
  );
});

test('l1 zeroes the very weights that a selection picks, equal ones or not', () => {
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, amount) => {
        const values = Float32Array.from(list);
        const [pruned] = l1([{ name: 'w', shape: [values.length, 1, 1, 1], values }], amount);
        const count = pruned!.filter((value, i) => value === 0 && values[i] !== 0).length;
        const expected = values.slice();
        const half = amount * values.length;
        const floor = Math.floor(half);
        const wanted = half - floor === 0.5 ? floor + (floor % 2) : Math.round(half);
        for (const index of smallestIndices(values.map(Math.abs), wanted)) expected[index]! *= 0;
        expect(pruned).toEqual(expected);
        expect(count).toBeLessThanOrEqual(wanted);
      },
    ),
    { numRuns: 1000 },
  );
});
