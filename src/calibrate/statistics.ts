import { withExtraOutputs } from '../onnx/extra-outputs.ts';
import type { ModelFile } from '../onnx/model-file.ts';
import type { Detector } from '../validate/detector.ts';
import type { Chunk, ChunkMoments, CollectSetup } from './collector.ts';
import type { MomentSource } from './moment-source.ts';
import { addMoments, type Centre, emptyMoments, mirror } from './moments.ts';
import type { Site } from './sites.ts';

/** The threads that collect, as far as statistics need them. */
export interface CollectPool {
  readonly size: number;
  broadcast(method: 'openCollector', setup: CollectSetup): Promise<unknown>;
  run(method: 'collect', chunk: Chunk): Promise<ChunkMoments>;
}

export interface CalibrationOptions {
  readonly detector: Detector;
  /** Paths of the images, in an order that the seed has chosen. */
  readonly images: readonly string[];
  readonly seed: number;
  /** Whether each image's mirror image and a part of it are looked at as well. */
  readonly augment?: boolean;
  /** Where the model with its extra outputs goes, and moments that memory is too small for. */
  readonly scratch: { write(name: string, bytes: Uint8Array): string };
  readonly limits?: MemoryLimits;
}

/** What the Convs at one site saw. */
export interface SiteStatistics extends Centre {
  /** As {@link Moments.products}. */
  readonly products: MomentSource;
}

/** What the Convs of a model saw on the calibration images. */
export interface Statistics {
  /** One entry a site. */
  readonly sites: readonly SiteStatistics[];
  readonly unreadable: ChunkMoments['unreadable'];
}

/** Places a picture and site: enough for 2,304 columns with 60 pictures, and quick. */
const PLACE_COUNT = 600;
/** Images summed up by one thread at a time; sums are joined in order, so that any number of threads gives the same. */
const CHUNK_SIZE = 8;
/** How much memory statistics may take. */
export interface MemoryLimits {
  /** Bytes of sums that all threads together have in hand. */
  readonly sums: number;
  /** Bytes of moments that are kept in memory; more goes to the disk. */
  readonly kept: number;
}

const LIMITS: MemoryLimits = { sums: 1 << 30, kept: 512 << 20 };

/** Collects the moments of all sites, in as many passes over the images as memory asks for. */
export async function collectStatistics(
  pool: CollectPool,
  model: ModelFile,
  sites: readonly Site[],
  { detector, images, seed, augment = false, scratch, limits = LIMITS }: CalibrationOptions,
): Promise<Statistics> {
  const isKept = bytesOf(sites) <= limits.kept;
  const found: SiteStatistics[] = [];
  const unreadable = new Map<string, ChunkMoments['unreadable'][number]>();
  const drawn: (readonly number[])[] = images.map(() => []);
  const underWay = pool.size + 1;
  for (const pass of passes(sites, limits.sums / (underWay + 1))) {
    const inputs = new Set(pass.map(({ input }) => input));
    inputs.delete(detector.input.name);
    await pool.broadcast('openCollector', {
      path: scratch.write('calibrated.onnx', withExtraOutputs(model.bytes, [...inputs])),
      detector,
      sites: pass,
      placeCount: PLACE_COUNT,
      seed,
      augment,
    });
    const sums = pass.map(emptyMoments);
    const chunks = chunksOf(images, drawn);
    let next = 0;
    for await (const part of inOrder(
      chunks.map((chunk) => () => pool.run('collect', chunk)),
      underWay,
    )) {
      for (const [i, { index }] of chunks[next++]!.images.entries()) drawn[index] = part.drawn[i]!;
      for (const [i, moments] of part.moments.entries()) addMoments(sums[i]!, moments);
      for (const entry of part.unreadable) unreadable.set(entry.path, entry);
    }
    for (const [i, site] of pass.entries()) {
      const { products, sums: columnSums, total } = sums[i]!;
      mirror(sums[i]!, site);
      found.push({
        products: isKept ? products : { path: scratch.write(`moments-${found.length}`, bytesIn(products)) },
        sums: columnSums,
        total,
      });
    }
  }
  return { sites: found, unreadable: [...unreadable.values()] };
}

function bytesIn({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Results in the order of the tasks, of which no more than `underWay` are begun and not yet taken. */
async function* inOrder<T>(tasks: readonly (() => Promise<T>)[], underWay: number): AsyncGenerator<T> {
  const begun: Promise<T>[] = [];
  let next = 0;
  for (const _ of tasks) {
    while (next < tasks.length && begun.length < underWay) {
      const task = tasks[next++]!();
      // It may fail before its turn; then it is told where it is awaited.
      task.catch(() => {});
      begun.push(task);
    }
    yield begun.shift()!;
  }
}

function chunksOf(images: readonly string[], drawn: readonly (readonly number[])[]): readonly Chunk[] {
  const numbered = images.map((path, index) => ({ path, index, drawn: drawn[index]! }));
  return Array.from({ length: Math.ceil(images.length / CHUNK_SIZE) }, (_, i) => ({
    images: numbered.slice(i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE),
  }));
}

function bytesOf(sites: readonly Site[]): number {
  return sites.reduce((sum, { momentCount }) => sum + momentCount * 8, 0);
}

/** Sites in graph order, cut where their moments would take more than a pass may. */
function passes(sites: readonly Site[], passBytes: number): readonly (readonly Site[])[] {
  const found: Site[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const site of sites) {
    const siteBytes = bytesOf([site]);
    if (bytes + siteBytes > passBytes) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1)!.push(site);
    bytes += siteBytes;
  }
  return found;
}
