import type { Centre } from '../../calibrate/moments.ts';
import type { Segment } from '../../calibrate/sites.ts';
import type { ModelFile } from '../../onnx/model-file.ts';
import { readValues, type StoredTensor } from '../../onnx/stored-tensor.ts';
import type { ModelLayer } from '../prunable-layers.ts';

/** A bias, and the columns' sums that its Conv saw. */
export interface BiasMean {
  readonly tensor: StoredTensor;
  readonly centre: Centre;
}

/** @param seen the moments at each of the layer's uses whose input can be looked at, in order. */
export function meansOf({ conv }: ModelLayer, seen: readonly Centre[]): readonly BiasMean[] {
  return conv.uses
    .filter(({ input }) => input !== null)
    .flatMap(({ bias }, i) => {
      const { sums, total } = seen[i]!;
      return bias === null || total === 0 ? [] : [{ tensor: bias, centre: { sums, total } }];
    });
}

/** A bias's new values. */
export interface ShiftedBias {
  readonly tensor: StoredTensor;
  readonly values: Float32Array;
}

/**
 * The biases with which a layer of new weights puts out the same as before on average, (w₀ − w)·x̄ more.
 *
 * @param values the layer's new weights.
 */
export function shiftedBiases(
  model: ModelFile,
  { shape, values: original, conv }: ModelLayer,
  means: readonly BiasMean[],
  segments: readonly Segment[],
  values: Float32Array,
): readonly ShiftedBias[] {
  const rowCount = shape[0] / conv.group;
  const rowLength = values.length / shape[0];
  return means.map(({ tensor, centre: { sums, total } }) => {
    const shift = new Float64Array(shape[0]);
    for (const { group, start, columns, sumOffset } of segments) {
      for (let row = group * rowCount; row < (group + 1) * rowCount; row++) {
        const from = row * rowLength + start;
        for (let j = 0; j < columns; j++) {
          shift[row]! += ((original[from + j]! - values[from + j]!) * sums[sumOffset + j]!) / total;
        }
      }
    }
    return { tensor, values: readValues(model.bytes, tensor).map((bias, row) => bias + shift[row]!) };
  });
}
