import { withExtraOutputs } from '../onnx/extra-outputs.ts';
import type { ModelFile } from '../onnx/model-file.ts';
import type { Detector } from '../validate/detector.ts';
import type { Chunk, ChunkMoments, CollectSetup } from './collector.ts';
import { addMoments, emptyMoments, type Moments, mirror } from './moments.ts';
import type { Site } from './sites.ts';

/** The threads that collect, as far as statistics need them. */
export interface CollectPool {
  broadcast(method: 'openCollector', setup: CollectSetup): Promise<unknown>;
  run(method: 'collect', chunk: Chunk): Promise<ChunkMoments>;
}

export interface CalibrationOptions {
  readonly detector: Detector;
  /** Paths of the images, in an order that the seed has chosen. */
  readonly images: readonly string[];
  readonly seed: number;
}

/** What the Convs of a model saw on the calibration images. */
export interface Statistics {
  /** One entry a site. */
  readonly moments: readonly Moments[];
  readonly unreadable: ChunkMoments['unreadable'];
}

/** Places a picture and site: enough for 2,304 columns with 60 pictures, and quick. */
const PLACE_COUNT = 600;
/** Images summed up by one thread at a time; sums are joined in order, so that any number of threads gives the same. */
const CHUNK_SIZE = 8;
/** Bytes of moments in one pass over the images. */
const PASS_BYTES = 400 << 20;

/** Collects the moments of all sites, in as many passes over the images as memory asks for. */
export async function collectStatistics(
  pool: CollectPool,
  model: ModelFile,
  sites: readonly Site[],
  { detector, images, seed }: CalibrationOptions,
): Promise<Statistics> {
  const moments: Moments[] = [];
  const unreadable = new Map<string, ChunkMoments['unreadable'][number]>();
  for (const pass of passes(sites)) {
    const inputs = new Set(pass.map(({ input }) => input));
    inputs.delete(detector.input.name);
    await pool.broadcast('openCollector', {
      bytes: withExtraOutputs(model.bytes, [...inputs]),
      detector,
      sites: pass,
      placeCount: PLACE_COUNT,
      seed,
    });
    const sums = pass.map(emptyMoments);
    for (const found of await Promise.all(chunksOf(images).map((chunk) => pool.run('collect', chunk)))) {
      for (const [i, part] of found.moments.entries()) addMoments(sums[i]!, part);
      for (const entry of found.unreadable) unreadable.set(entry.path, entry);
    }
    for (const [i, site] of pass.entries()) mirror(sums[i]!, site);
    moments.push(...sums);
  }
  return { moments, unreadable: [...unreadable.values()] };
}

function chunksOf(images: readonly string[]): readonly Chunk[] {
  const numbered = images.map((path, index) => ({ path, index }));
  return Array.from({ length: Math.ceil(images.length / CHUNK_SIZE) }, (_, i) => ({
    images: numbered.slice(i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE),
  }));
}

/** Sites in graph order, cut where their moments would take more than a pass may. */
function passes(sites: readonly Site[]): readonly (readonly Site[])[] {
  const found: Site[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const site of sites) {
    const siteBytes = site.momentCount * 8;
    if (bytes + siteBytes > PASS_BYTES) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1)!.push(site);
    bytes += siteBytes;
  }
  return found;
}
