import { nms } from '../nms.ts';
import { Candidates } from './candidates.ts';
import type { DecodeOptions, Head } from './head.ts';

/**
 * `[batch, 4 + nc, boxes]`: centre x, centre y, width, height in pixels, class scores; no objectness.
 *
 * Every class above the floor makes a candidate, box by box (ultralytics utils/nms.py:13-169 with `multi_label`).
 * The floor is rounded to float32, because torch compares in the tensor's type.
 */
export const anchorFree: Head = {
  layout: '[batch, 4 + classes, boxes]',
  channelAxis: 1,
  channels: (nc) => 4 + nc,
  decode(output, [, channels, boxes], options: DecodeOptions) {
    const floor = Math.fround(options.conf);
    const x = (options.batchIndex ?? 0) * channels * boxes;
    const y = x + boxes;
    const width = y + boxes;
    const height = width + boxes;
    const scores = height + boxes;
    // Memory is read in its order first: going through the classes of every box costs a cache line per score.
    const hasCandidate = new Uint8Array(boxes);
    for (let cls = 0; cls < options.nc; cls++) {
      const row = scores + cls * boxes;
      for (let box = 0; box < boxes; box++) if (output[row + box] > floor) hasCandidate[box] = 1;
    }
    const candidates = new Candidates();
    for (let box = hasCandidate.indexOf(1); box !== -1; box = hasCandidate.indexOf(1, box + 1)) {
      for (let cls = 0; cls < options.nc; cls++) {
        const conf = output[scores + cls * boxes + box];
        if (conf > floor) {
          candidates.addXywh(
            output[x + box],
            output[y + box],
            output[width + box],
            output[height + box],
            conf,
            cls,
          );
        }
      }
    }
    return nms(candidates, options);
  },
};
