import { MOST_TRIES, type Tried } from './types.ts';

/** Amounts are whole multiples of this share: a finer one would fit the images that are searched on, not the model. */
const STEP = 0.005;
/** A search ends where the least amount that failed is so close to the largest that passed. */
const CLOSE = 0.01;
const FIRST = 0.3;
/** Beyond, every network is gone. */
const LARGEST = 0.95;

/**
 * Finds the largest amount that passes, in few tries.
 *
 * It keeps the largest amount that passed and the least above it that failed, and tries between them: where the drop, as
 * a line between the two, would reach what is accepted, but never nearer to one of them than a quarter of the gap, for
 * drops are noisy and their curve is bent.
 *
 * @param accepted margin of the unpruned model, whose drop is none.
 * @param tryAmount called with one amount after the other.
 * @returns the largest that passed; `null` where none did.
 */
export async function largestAmount(
  accepted: number,
  tryAmount: (amount: number) => Promise<Tried>,
): Promise<number | null> {
  let passed = { amount: 0, margin: accepted };
  let failed: { readonly amount: number; readonly margin: number } | null = null;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const amount = nextAmount(passed, failed);
    if (amount === null) break;
    const { pass, margin } = await tryAmount(amount);
    if (pass) passed = { amount, margin };
    else failed = { amount, margin };
  }
  return passed.amount === 0 ? null : passed.amount;
}

interface Point {
  readonly amount: number;
  readonly margin: number;
}

function nextAmount(passed: Point, failed: Point | null): number | null {
  if (failed === null) {
    if (passed.amount >= LARGEST) return null;
    return passed.amount === 0 ? FIRST : Math.min(LARGEST, rounded((1 + 2 * passed.amount) / 3));
  }
  const gap = failed.amount - passed.amount;
  if (gap <= CLOSE) return null;
  const amount = rounded(passed.amount + gap * Math.min(0.75, Math.max(0.25, crossing(passed, failed))));
  return amount > passed.amount && amount < failed.amount ? amount : null;
}

/** Where on the way from one to the other the margin is used up; in the middle where another rule than the drop decided. */
function crossing(passed: Point, failed: Point): number {
  if (passed.margin < 0 || failed.margin >= 0) return 0.5;
  return passed.margin / (passed.margin - failed.margin);
}

function rounded(amount: number): number {
  return Math.round(amount / STEP) / Math.round(1 / STEP);
}
