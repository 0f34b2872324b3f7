import { nms } from '../nms.ts';
import { Candidates } from './candidates.ts';
import type { DecodeOptions, Head } from './head.ts';

/**
 * `[batch, boxes, 5 + nc]`: centre x, centre y, width, height in pixels, objectness, class scores.
 *
 * A box's confidence in a class is the float32 product of objectness and class score, and every class above the floor
 * makes a candidate (yolov5 utils/general.py:658-767 with `multi_label`; with one class its best class is that one).
 * The floor is rounded to float32, because torch compares in the tensor's type.
 */
export const yolov5: Head = {
  layout: '[batch, boxes, 5 + classes]',
  channelAxis: 2,
  channels: (nc) => 5 + nc,
  decode(output, [, boxes, channels], options: DecodeOptions) {
    const floor = Math.fround(options.conf);
    const first = (options.batchIndex ?? 0) * boxes * channels;
    const candidates = new Candidates();
    for (let at = first; at < first + boxes * channels; at += channels) {
      const objectness = output[at + 4];
      if (!(objectness > floor)) continue;
      for (let cls = 0; cls < options.nc; cls++) {
        const conf = Math.fround(output[at + 5 + cls] * objectness);
        if (conf > floor)
          candidates.addXywh(output[at], output[at + 1], output[at + 2], output[at + 3], conf, cls);
      }
    }
    return nms(candidates, options);
  },
};
