import { type Bootstrap, type FigureKey, spreadOf } from '../metrics/bootstrap.ts';
import { upperTail } from './normal.ts';
import { type Confidence, exceeds } from './rules.ts';

/** How sure a drop is. */
export interface Certainty {
  /** Ends of the 95 % interval of the drop. */
  readonly low: number;
  readonly high: number;
  /** Probability that the drop exceeds the accepted one. */
  readonly probability: number;
  /** The smallest drop whose interval would not hold 0: less than this the data set cannot show. */
  readonly smallestDrop: number;
}

/** How sure the drop of one figure is; `null` where it was not resampled or too few resamples have it. */
export function certaintyOf(
  bootstrap: Bootstrap | null,
  key: FigureKey,
  drop: number,
  accepted: number,
): Certainty | null {
  const drops = bootstrap?.drops.get(key);
  const spread = drops && spreadOf(drops);
  if (!spread) return null;
  const { low, high, standardError } = spread;
  const probability =
    standardError > 0 ? upperTail((accepted - drop) / standardError) : Number(exceeds(drop, accepted));
  return { low, high, probability, smallestDrop: Math.max(drop - low, 0) };
}

/** Whether a drop breaks its limit. An improvement never does. */
export function isBroken(
  drop: number,
  accepted: number,
  certainty: Pick<Certainty, 'low' | 'high'> | null,
  confidence: Confidence,
): boolean {
  if (drop <= 0) return false;
  if (!certainty || confidence === 'point') return exceeds(drop, accepted);
  return exceeds(confidence === 'certain' ? certainty.low : certainty.high, accepted);
}

/**
 * What a data set too small for its threshold deserves to be told: the interval is wider than the threshold and holds it. One
 * that lies wholly above or below does decide, however wide it is.
 */
export function tooFewImages(certainty: Certainty | null, accepted: number, images: number): string | null {
  if (!certainty || accepted <= 0 || certainty.high - certainty.low <= accepted) return null;
  if (exceeds(certainty.low, accepted) || !exceeds(certainty.high, accepted)) return null;
  return (
    `${images} images cannot decide a drop of ${Number(accepted.toFixed(4))}: its 95 % interval goes from ` +
    `${certainty.low.toFixed(4)} to ${certainty.high.toFixed(4)}, and less than ${certainty.smallestDrop.toFixed(4)} ` +
    'does not show. Validate on more images, or accept a larger drop.'
  );
}
