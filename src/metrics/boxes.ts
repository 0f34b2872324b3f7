import type { Labels } from '../dataset/types.ts';
import type { Family } from '../protocol.ts';
import { roundHalfEven } from '../round.ts';
import type { Detections, Geometry } from '../validate/types.ts';

/** The references hold boxes as float32 and round after every operation; equal IoUs need the same steps. */
const f32 = Math.fround;

/** An offset and a gain per axis (x, y): network pixels = native pixels × gain + pad. */
interface Placement {
  readonly pad: readonly [number, number];
  readonly gain: readonly [number, number];
}

/**
 * Labels as left, top, right, bottom in the space in which the family compares boxes: native pixels, clipped to
 * the image, for yolov5; pixels of the network's input, not clipped, for ultralytics.
 *
 * Sources: yolov5 utils/dataloaders.py:719-736, val.py:274 and 303-306; ultralytics 8.4.190
 * data/augment.py:1904-1931 and 2475-2489, models/yolo/detect/val.py:182-207.
 */
export function labelBoxes(labels: Labels, geometry: Geometry, family: Family): Float32Array {
  return family === 'yolov5' ? labelBoxesYolov5(labels, geometry) : labelBoxesUltralytics(labels, geometry);
}

/**
 * Detections in native pixels, clipped to the image, left, top, right, bottom.
 *
 * Sources: yolov5 utils/general.py:613-626; ultralytics 8.4.190 utils/ops.py:126-170.
 */
export function nativeBoxes(detections: Detections, geometry: Geometry, family: Family): Float32Array {
  return toNative(detections.xyxy.slice(0, 4 * detections.count), geometry, placement(geometry, family));
}

/**
 * Native boxes as both references write them to their JSON file: left, top, width, height, to three decimals.
 * A float32 times 10³ (or 10⁵) is exact in a double, so that this equals Python's correctly rounded `round`.
 *
 * Sources: yolov5 val.py:85-104; ultralytics 8.4.190 models/yolo/detect/val.py:492-524.
 */
export function jsonBoxes(native: Float32Array): Float64Array {
  const ltwh = new Float64Array(native.length);
  for (let box = 0; box < native.length; box += 4) {
    for (let axis = box; axis < box + 2; axis++) {
      const low = native[axis];
      const high = native[axis + 2];
      const extent = f32(high - low);
      const centre = f32(f32(low + high) / 2);
      ltwh[axis] = roundHalfEven(f32(centre - f32(extent / 2)) * 1e3) / 1e3;
      ltwh[axis + 2] = roundHalfEven(extent * 1e3) / 1e3;
    }
  }
  return ltwh;
}

/** Scores as the references write them, to five decimals: in hundred-thousandths. */
export function jsonScores(conf: Float32Array): Uint32Array {
  const scores = new Uint32Array(conf.length);
  for (let i = 0; i < conf.length; i++) scores[i] = roundHalfEven(conf[i] * 1e5);
  return scores;
}

/** Ground truth for COCO's figures: left, top, width, height in native pixels, not clipped. */
export function groundTruthBoxes(labels: Labels, geometry: Geometry): Float64Array {
  const size = [geometry.nativeWidth, geometry.nativeHeight] as const;
  const ltwh = new Float64Array(4 * labels.count);
  for (let box = 0; box < ltwh.length; box += 4) {
    for (const axis of [0, 1] as const) {
      const extent = decimal(labels.xywhn[box + axis + 2]) * size[axis];
      ltwh[box + axis] = decimal(labels.xywhn[box + axis]) * size[axis] - extent / 2;
      ltwh[box + axis + 2] = extent;
    }
  }
  return ltwh;
}

/**
 * The shortest decimal that reads as this float32: the number in the label file, if it has up to six digits.
 * A box of exactly 32 × 32 pixels is both small and medium for COCO, and float32 noise would decide on one.
 */
function decimal(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (f32(candidate) === value) return candidate;
  }
  return value;
}

function labelBoxesYolov5(labels: Labels, geometry: Geometry): Float32Array {
  const size = [geometry.width, geometry.height] as const;
  const loaded = [
    f32(geometry.ratio * geometry.loadedWidth),
    f32(geometry.ratio * geometry.loadedHeight),
  ] as const;
  const { pad, gain } = placement(geometry, 'yolov5');
  const xyxy = new Float32Array(4 * labels.count);
  for (let box = 0; box < xyxy.length; box += 4) {
    for (const axis of [0, 1] as const) {
      const limit = f32(size[axis] - 1e-3);
      const centre = labels.xywhn[box + axis];
      const half = f32(labels.xywhn[box + axis + 2] / 2);
      const low = clamp(f32(f32(loaded[axis] * f32(centre - half)) + pad[axis]), limit);
      const high = clamp(f32(f32(loaded[axis] * f32(centre + half)) + pad[axis]), limit);
      const inputCentre = f32(f32(f32(f32(low + high) / 2) / size[axis]) * size[axis]);
      const inputHalf = f32(f32(f32(f32(high - low) / size[axis]) * size[axis]) / 2);
      xyxy[box + axis] = inputCentre - inputHalf;
      xyxy[box + axis + 2] = inputCentre + inputHalf;
    }
  }
  return toNative(xyxy, geometry, { pad, gain });
}

function labelBoxesUltralytics(labels: Labels, geometry: Geometry): Float32Array {
  const size = [geometry.width, geometry.height] as const;
  const loaded = [geometry.loadedWidth, geometry.loadedHeight] as const;
  const ratio = f32(geometry.ratio);
  const { pad } = placement(geometry, 'ultralytics');
  const xyxy = new Float32Array(4 * labels.count);
  for (let box = 0; box < xyxy.length; box += 4) {
    for (const axis of [0, 1] as const) {
      const centre = labels.xywhn[box + axis];
      const half = f32(labels.xywhn[box + axis + 2] / 2);
      const low = f32(f32(f32(f32(centre - half) * loaded[axis]) * ratio) + pad[axis]);
      const high = f32(f32(f32(f32(centre + half) * loaded[axis]) * ratio) + pad[axis]);
      const shareCentre = f32(f32(f32(low + high) / 2) / size[axis]);
      const shareHalf = f32(f32(f32(high - low) / size[axis]) / 2);
      xyxy[box + axis] = f32(shareCentre - shareHalf) * size[axis];
      xyxy[box + axis + 2] = f32(shareCentre + shareHalf) * size[axis];
    }
  }
  return xyxy;
}

/** yolov5 takes the height's gain for both axes and the unrounded padding; ultralytics where the pixels sit. */
function placement(geometry: Geometry, family: Family): Placement {
  const gainX = geometry.loadedWidth / geometry.nativeWidth;
  const gainY = geometry.loadedHeight / geometry.nativeHeight;
  return family === 'yolov5'
    ? { pad: [f32(geometry.padX), f32(geometry.padY)], gain: [f32(gainY), f32(gainY)] }
    : {
        pad: [geometry.left, geometry.top],
        gain: [f32(gainX * geometry.ratio), f32(gainY * geometry.ratio)],
      };
}

function toNative(xyxy: Float32Array, geometry: Geometry, { pad, gain }: Placement): Float32Array {
  for (let i = 0; i < xyxy.length; i += 2) {
    xyxy[i] = clamp(f32(f32(xyxy[i] - pad[0]) / gain[0]), geometry.nativeWidth);
    xyxy[i + 1] = clamp(f32(f32(xyxy[i + 1] - pad[1]) / gain[1]), geometry.nativeHeight);
  }
  return xyxy;
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}
