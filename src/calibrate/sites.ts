import type { ConvUse, ConvWeight } from '../onnx/conv-weights.ts';

/** A tensor and the window that Convs slide over it: all Convs with the same site see the same columns. */
export interface Site {
  /** Name of the tensor. */
  readonly input: string;
  readonly strides: ConvUse['strides'];
  readonly dilations: ConvUse['dilations'];
  readonly pads: ConvUse['pads'];
  readonly kernel: readonly [height: number, width: number];
  readonly group: number;
  /** Input channels of one group. */
  readonly channels: number;
  readonly segments: readonly Segment[];
  /** Numbers that the second moments of all segments take: Σ columns². */
  readonly momentCount: number;
}

/** Columns whose second moments are kept together. */
export interface Segment {
  readonly group: number;
  /** First of the group's columns, and how many: channel × kernel height × kernel width, as weights lie. */
  readonly start: number;
  readonly columns: number;
  /** Where the second moments begin among the site's, and where the sums. */
  readonly momentOffset: number;
  readonly sumOffset: number;
}

/**
 * Columns of one segment at most: a group with more is cut by channels, as if the parts did not correlate. 4608 columns
 * take 170 MB of float64.
 */
const MAX_COLUMNS = 4608;

/** The sites of layers, each once, and for each layer the numbers of those that it is used at. */
export interface Sites {
  readonly sites: readonly Site[];
  readonly ofLayer: readonly (readonly number[])[];
}

/** Finds where Convs see their input; uses inside subgraphs, whose tensors cannot be looked at, do not count. */
export function findSites(layers: readonly ConvWeight[]): Sites {
  const indices = new Map<string, number>();
  const sites: Site[] = [];
  const ofLayer = layers.map((layer) =>
    layer.uses.flatMap((use) => {
      if (use.input === null) return [];
      const site = siteOf(layer, use, use.input);
      const { segments: _, ...identity } = site;
      const key = JSON.stringify(identity);
      const known = indices.get(key);
      if (known !== undefined) return [known];
      indices.set(key, sites.length);
      return [sites.push(site) - 1];
    }),
  );
  return { sites, ofLayer };
}

function siteOf({ shape, group }: ConvWeight, use: ConvUse, input: string): Site {
  const [, channels, height, width] = shape;
  const { strides, dilations, pads } = use;
  const segments = segmentsOf(group, channels, height * width);
  const last = segments.at(-1)!;
  return {
    input,
    strides,
    dilations,
    pads,
    kernel: [height, width],
    group,
    channels,
    segments,
    momentCount: last.momentOffset + last.columns ** 2,
  };
}

/** A layer's columns in segments; also for layers without a site. */
export function segmentsOf(groups: number, channels: number, area: number): readonly Segment[] {
  const parts = Math.ceil((channels * area) / MAX_COLUMNS);
  const segments: Segment[] = [];
  let momentOffset = 0;
  let sumOffset = 0;
  for (let group = 0; group < groups; group++) {
    for (let part = 0; part < parts; part++) {
      const start = cut(channels, part / parts) * area;
      const columns = cut(channels, (part + 1) / parts) * area - start;
      segments.push({ group, start, columns, momentOffset, sumOffset });
      momentOffset += columns ** 2;
      sumOffset += columns;
    }
  }
  return segments;
}

/** A share of the channels, in whole multiples of 64, so that no N:M group is parted. */
function cut(channels: number, share: number): number {
  return share === 1 ? channels : Math.floor((channels * share) / 64) * 64;
}
