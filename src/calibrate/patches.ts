import type { Segment, Site } from './sites.ts';

/** A picture's tensor [1, channels, height, width] as ONNX Runtime gives it. */
export interface FeatureMap {
  readonly data: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** The grid of places at which a site's window stands, and its padding at the top and left. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
}

/** Where a window stands on a feature map, by the rules of ONNX's Conv. */
export function gridOf({ strides, dilations, pads, kernel }: Site, map: FeatureMap): Grid {
  const axis = (size: number, i: 0 | 1) => {
    const extent = (kernel[i] - 1) * dilations[i] + 1;
    if (typeof pads !== 'string') {
      const length = Math.floor((size + pads[i] + pads[i + 2]! - extent) / strides[i]) + 1;
      return { length, before: pads[i] };
    }
    const length = Math.ceil(size / strides[i]);
    const total = Math.max((length - 1) * strides[i] + extent - size, 0);
    return { length, before: pads === 'SAME_UPPER' ? total >> 1 : total - (total >> 1) };
  };
  const [vertical, horizontal] = [axis(map.height, 0), axis(map.width, 1)];
  return {
    height: vertical.length,
    width: horizontal.length,
    top: vertical.before,
    left: horizontal.before,
  };
}

/**
 * The im2col columns of one segment at some places of the grid; zero in the padding.
 *
 * @param places indices into the grid, row by row.
 * @returns [places, columns], a place's columns in the order of weights.
 */
export function gatherPatches(
  site: Site,
  segment: Segment,
  map: FeatureMap,
  grid: Grid,
  places: Uint32Array,
): Float32Array {
  const { strides, dilations, kernel, channels } = site;
  const [kernelHeight, kernelWidth] = kernel;
  const { columns } = segment;
  const area = kernelHeight * kernelWidth;
  const plane = map.height * map.width;
  const channelCount = columns / area;
  const firstPlane = (segment.group * channels + segment.start / area) * plane;
  const patches = new Float32Array(places.length * columns);
  for (let p = 0; p < places.length; p++) {
    const place = places[p]!;
    const y0 = Math.floor(place / grid.width) * strides[0] - grid.top;
    const x0 = (place % grid.width) * strides[1] - grid.left;
    for (let ky = 0; ky < kernelHeight; ky++) {
      const y = y0 + ky * dilations[0];
      if (y < 0 || y >= map.height) continue;
      for (let kx = 0; kx < kernelWidth; kx++) {
        const x = x0 + kx * dilations[1];
        if (x < 0 || x >= map.width) continue;
        let from = firstPlane + y * map.width + x;
        let to = p * columns + ky * kernelWidth + kx;
        for (let c = 0; c < channelCount; c++) {
          patches[to] = map.data[from]!;
          from += plane;
          to += area;
        }
      }
    }
  }
  return patches;
}
