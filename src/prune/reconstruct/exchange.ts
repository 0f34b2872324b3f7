import { smallestIndices } from '../smallest.ts';
import { costOf, descent, type Quadratic } from './quadratic.ts';
import { refit } from './refit.ts';

/** Rows of weights and which of them are zero (1). */
export interface Pruned {
  readonly rows: Float64Array;
  readonly mask: Uint8Array;
}

/** A zero that could come back and a weight that could go in its place. */
interface Exchange {
  readonly back: number;
  readonly gone: number;
  /** By how much the cost falls, as far as the two alone tell. */
  readonly gain: number;
}

/** Which exchanges are allowed: what each would gain, best first, `most` at most. */
type Propose = (
  gains: Float64Array,
  losses: Float64Array,
  mask: Uint8Array,
  most: number,
) => readonly Exchange[];

/** Rounds at most, and the share of the zeros that is exchanged in the first of them. */
const ROUNDS = 5;
const FIRST_SHARE = 0.2;
/** Steps of the refit after each round. */
const REFIT_STEPS = 8;

/**
 * Makes the choice of zeros better: those that would help most come back for kept weights that help least, all rows are
 * fitted anew, and the round counts if the cost fell; else fewer are exchanged in the next.
 *
 * What a weight is worth depends on which others are kept; between the two ends (all others kept: 1/[H⁻¹]_jj, none: H_jj)
 * the geometric mean is taken.
 *
 * @param inverseDiagonal diagonal of H⁻¹.
 */
export async function exchange(
  quadratic: Quadratic,
  start: Pruned,
  inverseDiagonal: Float64Array,
  propose: Propose,
): Promise<Pruned> {
  const { h, columns } = quadratic;
  const scale = inverseDiagonal.map((value, j) => Math.sqrt(h[j * columns + j]! / value));
  let best = start;
  let gradient = await descent(quadratic, best.rows);
  let cost = costOf(quadratic, best.rows, gradient);
  let share = FIRST_SHARE;
  for (let round = 0; round < ROUNDS; round++) {
    const { rows, mask } = best;
    const gains = gradient.map((value, i) => value ** 2 / scale[i % columns]!);
    const losses = rows.map((value, i) => value ** 2 * scale[i % columns]!);
    const zeros = mask.reduce((sum, value) => sum + value, 0);
    const exchanges = propose(gains, losses, mask, Math.ceil(share * Math.min(zeros, mask.length - zeros)));
    if (exchanges.length === 0) break;
    const [nextRows, nextMask] = [rows.slice(), mask.slice()];
    for (const { back, gone } of exchanges) {
      nextMask[back] = 0;
      nextMask[gone] = 1;
      nextRows[gone] = 0;
    }
    const fitted = await refit(quadratic, nextRows, nextMask, REFIT_STEPS);
    const nextGradient = await descent(quadratic, fitted);
    const nextCost = costOf(quadratic, fitted, nextGradient);
    if (nextCost < cost) {
      best = { rows: fitted, mask: nextMask };
      gradient = nextGradient;
      cost = nextCost;
    } else share /= 2;
  }
  return best;
}

/** Any zero for any weight: the most helpful for the least. */
export const anywhere: Propose = (gains, losses, mask, most) => {
  const zeros = indicesOf(mask, 1);
  const kept = indicesOf(mask, 0);
  const backs = least(zeros, (index) => -gains[index]!, most);
  const gones = least(kept, (index) => losses[index]!, most);
  const exchanges: Exchange[] = [];
  for (let i = 0; i < Math.min(backs.length, gones.length); i++) {
    const [back, gone] = [backs[i]!, gones[i]!];
    const gain = gains[back]! - losses[gone]!;
    if (gain <= 0) break;
    exchanges.push({ back, gone, gain });
  }
  return exchanges;
};

/** Within groups of `m` consecutive columns, one exchange a group. */
export function withinGroups(m: number): Propose {
  return (gains, losses, mask, most) => {
    const exchanges: Exchange[] = [];
    for (let first = 0; first < mask.length; first += m) {
      let [back, gone] = [-1, -1];
      for (let i = first; i < first + m; i++) {
        if (mask[i] === 1) {
          if (back < 0 || gains[i]! > gains[back]!) back = i;
        } else if (gone < 0 || losses[i]! < losses[gone]!) gone = i;
      }
      if (back < 0 || gone < 0) continue;
      const gain = gains[back]! - losses[gone]!;
      if (gain > 0) exchanges.push({ back, gone, gain });
    }
    return exchanges.sort((a, b) => b.gain - a.gain || a.back - b.back).slice(0, most);
  };
}

function indicesOf(mask: Uint8Array, wanted: 0 | 1): Uint32Array {
  const indices = new Uint32Array(mask.length);
  let count = 0;
  for (const [i, value] of mask.entries()) if (value === wanted) indices[count++] = i;
  return indices.slice(0, count);
}

/** The `count` indices of least key, in ascending order of it. */
function least(indices: Uint32Array, key: (index: number) => number, count: number): readonly number[] {
  const keys = Float64Array.from(indices, key);
  return [...smallestIndices(keys, Math.min(count, keys.length))]
    .sort((a, b) => keys[a]! - keys[b]! || a - b)
    .map((at) => indices[at]!);
}
