import type { DetectionOptions } from '../protocol.ts';
import type { Detections } from './types.ts';

/** Pixels by which the boxes of neighbouring classes are moved apart (`max_wh` of both references). */
const CLASS_OFFSET = 7680;

/** The most confident candidates that take part (`max_nms` of both references). */
const MAX_CANDIDATES = 30_000;

/**
 * Greedy non-maximum suppression within each class, equal to the bit to yolov5 utils/general.py:735-754 and ultralytics
 * utils/nms.py:137-162 over torchvision's CPU kernel.
 *
 * Boxes of a class are moved by class × 7680 px in float32, areas and IoU are float32, and a box is suppressed when its
 * IoU with a kept one is strictly above `iou`, a double. Equal confidences keep the candidates' order, as torchvision's
 * stable sort does; yolov5's own `argsort` leaves that order open.
 *
 * Only kept boxes suppress and only the first `maxDet` are wanted, so each candidate is compared with the boxes kept so
 * far and the search ends at `maxDet`: at most 30,000 × `maxDet` comparisons.
 */
export function nms(candidates: Detections, options: Pick<DetectionOptions, 'iou' | 'maxDet'>): Detections {
  const order = byDescendingConf(candidates).subarray(0, MAX_CANDIDATES);
  const { boxes, areas, classesApart, classes } = offsetByClass(candidates, order);
  const kept = new Uint32Array(Math.min(options.maxDet, order.length));
  // The kept boxes form a linked list per class: `last` is its end, `previous` leads on.
  const last = new Int32Array(classesApart ? classes : 1).fill(-1);
  const previous = new Int32Array(kept.length);
  let count = 0;
  for (let index = 0; index < order.length && count < kept.length; index++) {
    const list = classesApart ? candidates.cls[order[index]] : 0;
    let rival = last[list];
    while (rival !== -1 && !(overlap(boxes, areas, kept[rival], index) > options.iou))
      rival = previous[rival];
    if (rival !== -1) continue;
    previous[count] = last[list];
    last[list] = count;
    kept[count++] = index;
  }
  return select(
    candidates,
    kept.subarray(0, count).map((index) => order[index]),
  );
}

/** The boxes' indices by descending confidence, equal ones by ascending index; confidences must not be negative. */
export function byDescendingConf({ conf, count }: Detections): Uint32Array {
  // The bits of a positive float order like an integer. Inverted above the index they make a sortable 64-bit key,
  // and sorting keys without a comparison function is native code.
  const bits = new Uint32Array(conf.buffer, conf.byteOffset, count);
  const keys = new BigUint64Array(count);
  const halves = new Uint32Array(keys.buffer);
  for (let index = 0; index < count; index++) {
    halves[index * 2] = index;
    halves[index * 2 + 1] = ~bits[index];
  }
  keys.sort();
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = halves[place * 2];
  return order;
}

/** The detections at `indices`, in that order. */
export function select(detections: Detections, indices: Uint32Array): Detections {
  const count = indices.length;
  const xyxy = new Float32Array(count * 4);
  const conf = new Float32Array(count);
  const cls = new Int32Array(count);
  for (let place = 0; place < count; place++) {
    const index = indices[place];
    xyxy.set(detections.xyxy.subarray(index * 4, index * 4 + 4), place * 4);
    conf[place] = detections.conf[index];
    cls[place] = detections.cls[index];
  }
  return { count, xyxy, conf, cls };
}

/**
 * The boxes at `order` moved apart by class, and their areas.
 *
 * `classesApart` says that no box reaches into another class: all boxes before the move lie in a band narrower than the
 * offset, and rounding to float32 keeps the order of two numbers.
 */
function offsetByClass({ xyxy, cls }: Detections, order: Uint32Array) {
  const boxes = new Float32Array(order.length * 4);
  const areas = new Float32Array(order.length);
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let classes = 0;
  for (let index = 0; index < order.length; index++) {
    const from = order[index] * 4;
    const to = index * 4;
    const offset = cls[order[index]] * CLASS_OFFSET;
    for (let corner = 0; corner < 4; corner++) boxes[to + corner] = xyxy[from + corner] + offset;
    areas[index] = Math.fround(boxes[to + 2] - boxes[to]) * Math.fround(boxes[to + 3] - boxes[to + 1]);
    left = Math.min(left, xyxy[from]);
    right = Math.max(right, xyxy[from + 2]);
    classes = Math.max(classes, cls[order[index]] + 1);
  }
  return { boxes, areas, classesApart: right - left < CLASS_OFFSET, classes };
}

/** IoU of two boxes in float32, 0 where they do not meet. */
function overlap(boxes: Float32Array, areas: Float32Array, a: number, b: number): number {
  const boxA = a * 4;
  const boxB = b * 4;
  const left = Math.max(boxes[boxA], boxes[boxB]);
  const right = Math.min(boxes[boxA + 2], boxes[boxB + 2]);
  if (!(right > left)) return 0;
  const top = Math.max(boxes[boxA + 1], boxes[boxB + 1]);
  const bottom = Math.min(boxes[boxA + 3], boxes[boxB + 3]);
  if (!(bottom > top)) return 0;
  const intersection = Math.fround(Math.fround(right - left) * Math.fround(bottom - top));
  return Math.fround(intersection / Math.fround(Math.fround(areas[a] + areas[b]) - intersection));
}
