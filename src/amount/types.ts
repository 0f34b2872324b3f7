/** What trying one pruned model found. */
export interface Tried {
  /** Whether every rule holds. */
  readonly pass: boolean;
  /** Accepted drop minus drop of the deciding metric: negative where it lost too much. */
  readonly margin: number;
  /** Whether the images are too few to be sure that it failed. */
  readonly isDoubtful: boolean;
}

/** Validations that a search may take. */
export const MOST_TRIES = 8;
