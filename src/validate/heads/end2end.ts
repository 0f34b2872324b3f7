import { byDescendingConf, select } from '../nms.ts';
import { Candidates } from './candidates.ts';
import type { DecodeOptions, Head } from './head.ts';

/**
 * `[batch, boxes, 6]`: x1, y1, x2, y2 in pixels, confidence, class; the model has chosen among its boxes itself.
 *
 * The first `maxDet` rows above the floor, without NMS (ultralytics utils/nms.py:71-80), by descending confidence: exports
 * write them in that order, so sorting changes nothing there.
 */
export const end2end: Head = {
  layout: '[batch, boxes, 6]',
  channelAxis: 2,
  channels: () => 6,
  decode(output, [, boxes, channels], options: DecodeOptions) {
    const floor = Math.fround(options.conf);
    const first = (options.batchIndex ?? 0) * boxes * channels;
    const found = new Candidates();
    for (let at = first; at < first + boxes * channels && found.count < options.maxDet; at += channels) {
      const conf = output[at + 4];
      if (conf > floor)
        found.addXyxy(output[at], output[at + 1], output[at + 2], output[at + 3], conf, output[at + 5]);
    }
    return select(found, byDescendingConf(found));
  },
};
