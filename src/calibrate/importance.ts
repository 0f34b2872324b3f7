import type { Detections } from '../validate/types.ts';
import type { Grid } from './patches.ts';

/** How much more a place counts where the unpruned model is certain of an object than where it sees none. */
const OBJECT_GAIN = 4;

/**
 * What each place of a grid counts in the statistics: 1 in the background, up to 1 + {@link OBJECT_GAIN} inside the
 * model's own detections, by their confidence.
 *
 * Most places of a picture show background, but mAP is made on objects: without weights the pruned network would be
 * exact where nothing depends on it.
 *
 * @param size the network's input in pixels, in which the boxes are given.
 */
export function placeWeights(
  { count, xyxy, conf }: Detections,
  grid: Grid,
  size: { readonly width: number; readonly height: number },
): Float32Array {
  const weights = new Float32Array(grid.height * grid.width).fill(1);
  const [scaleX, scaleY] = [grid.width / size.width, grid.height / size.height];
  for (let i = 0; i < count; i++) {
    const weight = 1 + OBJECT_GAIN * conf[i]!;
    const [left, top, right, bottom] = xyxy.subarray(4 * i, 4 * i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const [x0, x1] = [
      Math.max(0, Math.floor(left * scaleX)),
      Math.min(grid.width, Math.ceil(right * scaleX)),
    ];
    const [y0, y1] = [
      Math.max(0, Math.floor(top * scaleY)),
      Math.min(grid.height, Math.ceil(bottom * scaleY)),
    ];
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const place = y * grid.width + x;
        if (weight > weights[place]!) weights[place] = weight;
      }
    }
  }
  return weights;
}
