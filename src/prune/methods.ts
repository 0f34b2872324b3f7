import { global } from './global.ts';
import { l1 } from './l1.ts';
import { lamp } from './lamp.ts';
import { nOfM, type Pattern, parsePattern } from './n-m.ts';
import type { PruneMethod } from './types.ts';

/** The pruning methods that look at the weights alone, by the name that the `method` input gives them. */
export const METHODS = { l1, global, lamp } as const satisfies Record<string, PruneMethod>;

/** An N:M pattern by name, such as `2:4`: at most two of four are not zero. */
export type PatternName = `${number}:${number}`;

/** Every pruning method by name; those that begin with `reconstruct` need calibration images. */
export type MethodName = keyof typeof METHODS | PatternName | 'reconstruct' | `reconstruct-${PatternName}`;

/** A method's name, taken apart. */
export type ParsedMethod =
  | {
      readonly calibrated: false;
      readonly prune: PruneMethod;
      readonly pattern: Pattern | null;
      /** Whether what becomes of a layer depends on it alone. */
      readonly isLayerwise: boolean;
    }
  | { readonly calibrated: true; readonly pattern: Pattern | null };

/** Takes a method's name apart; `null` where there is no such method. */
export function parseMethod(name: string): ParsedMethod | null {
  if (Object.hasOwn(METHODS, name)) {
    const prune = METHODS[name as keyof typeof METHODS];
    return { calibrated: false, prune, pattern: null, isLayerwise: prune === l1 };
  }
  if (name === 'reconstruct') return { calibrated: true, pattern: null };
  const calibrated = name.startsWith('reconstruct-');
  const pattern = parsePattern(calibrated ? name.slice('reconstruct-'.length) : name);
  if (!pattern) return null;
  return calibrated
    ? { calibrated, pattern }
    : { calibrated, prune: nOfM(pattern), pattern, isLayerwise: true };
}
