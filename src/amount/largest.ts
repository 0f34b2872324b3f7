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
 * Upwards first, until one fails beyond doubt: on few images a good amount may fail where a larger one passes. Then between
 * the largest that passed and the least above it that failed: where the drop, as a line between the two, would reach what is
 * accepted, but never nearer to one of them than a quarter of the gap, for drops are noisy and their curve is bent.
 *
 * @param accepted margin of the unpruned model, whose drop is none.
 * @param tryAmount called with one amount after the other.
 * @returns the largest that passed; `null` where none did.
 */
export async function largestAmount(
  accepted: number,
  tryAmount: (amount: number) => Promise<Tried>,
): Promise<number | null> {
  const points: Point[] = [{ amount: 0, pass: true, margin: accepted, isDoubtful: false }];
  for (let amount: number | null = FIRST; amount !== null && points.length <= MOST_TRIES; ) {
    points.push({ amount, ...(await tryAmount(amount)) });
    amount = nextAmount(points);
  }
  const { amount } = largestPassed(points);
  return amount === 0 ? null : amount;
}

interface Point extends Tried {
  readonly amount: number;
}

function nextAmount(points: readonly Point[]): number | null {
  const highest = points.reduce((a, b) => (b.amount > a.amount ? b : a));
  if ((highest.pass || highest.isDoubtful) && highest.amount < LARGEST) {
    return Math.min(LARGEST, rounded((1 + highest.amount) / 2));
  }
  const passed = largestPassed(points);
  const above = points.filter(({ amount }) => amount > passed.amount);
  if (above.length === 0) return null;
  const failed = above.reduce((a, b) => (b.amount < a.amount ? b : a));
  const gap = failed.amount - passed.amount;
  if (gap <= CLOSE) return null;
  const amount = rounded(passed.amount + gap * Math.min(0.75, Math.max(0.25, crossing(passed, failed))));
  return amount > passed.amount && amount < failed.amount ? amount : null;
}

function largestPassed(points: readonly Point[]): Point {
  return points.filter(({ pass }) => pass).reduce((a, b) => (b.amount > a.amount ? b : a));
}

/** Where on the way from one to the other the margin is used up; in the middle where another rule than the drop decided. */
function crossing(passed: Point, failed: Point): number {
  if (passed.margin < 0 || failed.margin >= 0) return 0.5;
  return passed.margin / (passed.margin - failed.margin);
}

function rounded(amount: number): number {
  return Math.round(amount / STEP) / Math.round(1 / STEP);
}
