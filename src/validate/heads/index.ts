import { UserError } from '../../errors.ts';
import type { Detections } from '../types.ts';
import { anchorFree } from './anchor-free.ts';
import { end2end } from './end2end.ts';
import type { DecodeOptions, Head, HeadName } from './head.ts';
import { refuseHugeOutput } from './refusals.ts';
import { yolov5 } from './yolov5.ts';

export type { DecodeOptions, Head, HeadName } from './head.ts';

/** The output layouts that are understood. */
export const HEADS: Readonly<Record<HeadName, Head>> = { yolov5, 'anchor-free': anchorFree, end2end };

/**
 * Checks the shape of an output that the model really gave; a model with open dimensions shows it only then.
 *
 * @throws {UserError} when it is not the head's layout with `nc` classes.
 */
export function checkOutput(head: HeadName, dims: readonly number[], nc: number): void {
  refuseHugeOutput(dims);
  const { channelAxis, channels, layout } = HEADS[head];
  if (dims.length === 3 && dims[channelAxis] === channels(nc)) return;
  throw new UserError(
    'model',
    `The model's output must be ${layout} with ${nc} ${nc === 1 ? 'class' : 'classes'}; it was [${dims.join(', ')}].`,
    'Check that data.yaml is the one the model was trained on, or export the model with fixed dimensions.',
  );
}

/**
 * Turns a model's raw output into the detections of one image: see `Decode` for shapes and units.
 *
 * @throws {UserError} when `dims` is not the head's layout.
 */
export function decode(
  head: HeadName,
  output: Float32Array,
  dims: readonly number[],
  options: DecodeOptions,
): Detections {
  checkOutput(head, dims, options.nc);
  return HEADS[head].decode(output, dims, options);
}
