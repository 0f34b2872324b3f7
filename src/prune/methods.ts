import { l1 } from './l1.ts';
import type { PruneMethod } from './types.ts';

/** Every pruning method by the name that the `method` input gives it. */
export const METHODS = { l1 } as const satisfies Record<string, PruneMethod>;

export type MethodName = keyof typeof METHODS;
