import { MOST_TRIES, type Tried } from './types.ts';

/**
 * Finds the least whole number that passes, where more is easier, by halving.
 *
 * @param most the last number that makes sense to try.
 * @param tryNumber called with one number after the other; 0 is known to fail.
 * @returns the least that passed; `null` where none that was tried did.
 */
export async function fewest(
  most: number,
  tryNumber: (count: number) => Promise<Tried>,
): Promise<number | null> {
  let [failed, passed] = [0, most + 1];
  for (let tries = 0; tries < MOST_TRIES && passed - failed > 1; tries++) {
    const middle = (failed + passed) >> 1;
    if ((await tryNumber(middle)).pass) passed = middle;
    else failed = middle;
  }
  return passed > most ? null : passed;
}
