/** The weight tensor of one Conv as a method sees it. */
export interface Layer {
  readonly name: string;
  /** Output channels, input channels a group, kernel height, kernel width. */
  readonly shape: readonly [number, number, number, number];
  readonly values: Float32Array;
}

/**
 * A pruning method that looks at the weights alone: layers in, the layers' new values out, in the same order; `null` for
 * a layer that it leaves alone. It changes nothing it is given.
 *
 * @param amount share of the weights that become zero, in (0, 1).
 */
export type PruneMethod = (layers: readonly Layer[], amount: number) => readonly (Float32Array | null)[];
