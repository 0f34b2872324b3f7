import type * as Ort from 'onnxruntime-node';
import type { NativeParts } from '../runtime/load.ts';
import type { Detector } from '../validate/detector.ts';
import { decode } from '../validate/heads/index.ts';
import { inputTensor } from '../validate/session.ts';
import { augmented } from './augment.ts';
import { placeWeights } from './importance.ts';
import { type MatrixProduct, openMatrixProduct } from './matrix-product.ts';
import { addPicture, emptyMoments, type Moments } from './moments.ts';
import type { FeatureMap } from './patches.ts';
import { pixelsOf, readPicture } from './picture.ts';
import { mulberry32 } from './random.ts';
import type { Site } from './sites.ts';

/** What a collector looks at. */
export interface CollectSetup {
  /** Path of the model with the sites' tensors among its outputs. */
  readonly path: string;
  readonly detector: Detector;
  readonly sites: readonly Site[];
  /** Places a picture and site. */
  readonly placeCount: number;
  readonly seed: number;
  /** Whether each image's mirror image and a part of it are looked at as well. */
  readonly augment: boolean;
}

/** A calibration image. */
export interface ChunkImage {
  readonly path: string;
  readonly index: number;
  /** Random numbers that earlier passes have drawn for it and each of its variants: what is drawn at a site must not depend on the pass. */
  readonly drawn: readonly number[];
}

/** Calibration images that are summed up together. */
export interface Chunk {
  readonly images: readonly ChunkImage[];
}

/** Sums of a chunk, one entry a site, and the images that could not be read. */
export interface ChunkMoments {
  readonly moments: readonly Moments[];
  /** As {@link ChunkImage.drawn}, with this pass. */
  readonly drawn: readonly (readonly number[])[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** Thresholds at which the unpruned model's own detections are taken for objects. */
const OBJECTS = { conf: 0.05, iou: 0.7, maxDet: 300 } as const;

/** Puts calibration images through the model and sums up what its Convs see. One a thread. */
export class Collector {
  readonly #native: NativeParts;
  readonly #setup: CollectSetup;
  readonly #session: Ort.InferenceSession;
  readonly #product: MatrixProduct<Float32Array>;

  private constructor(
    native: NativeParts,
    setup: CollectSetup,
    session: Ort.InferenceSession,
    product: MatrixProduct<Float32Array>,
  ) {
    this.#native = native;
    this.#setup = setup;
    this.#session = session;
    this.#product = product;
  }

  static async open(native: NativeParts, setup: CollectSetup): Promise<Collector> {
    const session = await native.ort.InferenceSession.create(setup.path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return new Collector(native, setup, session, await openMatrixProduct(native.ort, 'float32'));
  }

  /** The sums over a chunk's images, the same on every thread. */
  async collect({ images }: Chunk): Promise<ChunkMoments> {
    const { detector, sites, seed, augment } = this.#setup;
    const moments = sites.map(emptyMoments);
    const unreadable: { path: string; reason: string }[] = [];
    const drawnByImage: number[][] = [];
    for (const { path, index, drawn } of images) {
      const now: number[] = [];
      drawnByImage.push(now);
      const picture = await readPicture(this.#native.sharp, path, detector);
      if (typeof picture === 'string') {
        unreadable.push({ path, reason: picture });
        continue;
      }
      const pictureSeed = seed + index * 0x9e3779b9;
      const pictures = augment ? augmented(picture, mulberry32(pictureSeed)) : [picture];
      for (const [i, image] of pictures.entries()) {
        now.push(
          await this.#add(moments, pixelsOf(image, detector), pictureSeed + i * 0xc2b2ae35, drawn[i] ?? 0),
        );
      }
    }
    return { moments, drawn: drawnByImage, unreadable };
  }

  /** @returns how many random numbers have been drawn for the picture. */
  async #add(
    moments: readonly Moments[],
    pixels: Float32Array | Uint16Array,
    seed: number,
    drawn: number,
  ): Promise<number> {
    const { detector, sites, placeCount } = this.#setup;
    const next = mulberry32(seed, drawn);
    let count = drawn;
    const random = () => {
      count++;
      return next();
    };
    const { input, output, width, height } = detector;
    const tensor = inputTensor(this.#native.ort, input.type, pixels, [1, 3, height, width]);
    const wanted = new Set([output, ...sites.map((site) => site.input)]);
    wanted.delete(input.name);
    const results = await this.#session.run({ [input.name]: tensor }, [...wanted]);
    const found = results[output]!;
    const detections = decode(detector.head, toFloats(found), found.dims, { ...OBJECTS, nc: detector.nc });
    const maps = new Map<string, FeatureMap>();
    for (const [i, site] of sites.entries()) {
      let map = maps.get(site.input);
      if (!map) {
        map = featureMap(site.input === input.name ? tensor : results[site.input]!);
        maps.set(site.input, map);
      }
      await addPicture(moments[i]!, site, map, (grid) => placeWeights(detections, grid, detector), {
        placeCount,
        random,
        product: this.#product,
      });
    }
    return count;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function featureMap(tensor: Ort.Tensor): FeatureMap {
  const [, channels, height, width] = tensor.dims as [number, number, number, number];
  return { data: toFloats(tensor), channels, height, width };
}

function toFloats({ data }: Ort.Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  const { buffer, byteOffset, length } = data as Uint16Array;
  return Float32Array.from(new Float16Array(buffer, byteOffset, length));
}
