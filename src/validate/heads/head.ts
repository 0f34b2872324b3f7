import type { DetectionOptions } from '../../protocol.ts';
import type { Detections } from '../types.ts';

/** How a model's output tensor is laid out. */
export type HeadName = 'yolov5' | 'anchor-free' | 'end2end';

export interface DecodeOptions extends DetectionOptions {
  /** Number of classes. */
  readonly nc: number;
  /** Which image of the batch, 0 by default. */
  readonly batchIndex?: number;
}

/**
 * Turns a model's raw output into the detections of one image.
 *
 * `output` holds the whole batch in float32, `dims` is its shape; boxes come back as xyxy in pixels of the network's
 * input, by descending confidence. `maxDet` is taken as it is: `yolo val` raises the default to the most labels
 * that one image of the split has (ultralytics detect/val.py:64-95), which is the caller's to do.
 */
export type Decode = (output: Float32Array, dims: readonly number[], options: DecodeOptions) => Detections;

/** One way to lay out detections in an output of three dimensions. */
export interface Head {
  /** The shape as it is written in messages. */
  readonly layout: string;
  /** The dimension that holds box and scores; the other one counts the boxes. */
  readonly channelAxis: 1 | 2;
  /** Length of that dimension for a number of classes. */
  readonly channels: (nc: number) => number;
  readonly decode: Decode;
}
