import { anchorFree } from './anchor-free.ts';
import { end2end } from './end2end.ts';
import type { Head, HeadName } from './head.ts';
import { yolov5 } from './yolov5.ts';

export type { Decode, DecodeOptions, Head, HeadName } from './head.ts';

/** The output layouts that are understood. */
export const HEADS: Readonly<Record<HeadName, Head>> = { yolov5, 'anchor-free': anchorFree, end2end };
