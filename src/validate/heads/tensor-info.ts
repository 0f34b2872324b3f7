/** An input or output of a model as ONNX Runtime describes it. */
export interface TensorInfo {
  readonly name: string;
  /** ONNX Runtime's name: float32, float16, uint8 … */
  readonly type: string;
  /** Length or symbol per dimension; a symbol is a dimension that is open until the model runs. Empty: unknown. */
  readonly shape: readonly (number | string)[];
}

/** The length of a dimension, null where it is open until the model runs. */
export function lengthOf(dimension: number | string | undefined): number | null {
  return typeof dimension === 'number' && dimension > 0 ? dimension : null;
}

/** `output0 [1, 84, 8400]`. */
export function describeTensor({ name, shape }: TensorInfo): string {
  return `${name} [${shape.map((dimension) => lengthOf(dimension) ?? (dimension || '?')).join(', ')}]`;
}
