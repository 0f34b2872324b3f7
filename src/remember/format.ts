import { createHash } from 'node:crypto';
import type { Detections, Geometry } from '../validate/types.ts';

/** What a model made of one image. */
export interface RememberedImage {
  readonly geometry: Geometry;
  readonly detections: Detections;
  /** Time of the image in ONNX Runtime on one worker. */
  readonly milliseconds: number;
}

/** What an entry must be to be used. */
export interface Expected {
  readonly key: string;
  readonly images: number;
  /** Size of the network's input; `null` where each image has its own. */
  readonly size: Pick<Geometry, 'width' | 'height'> | null;
  readonly nc: number;
}

const MAGIC = 'yolo-prune detections 1\n';
const HASH_BYTES = 32;
const GEOMETRY = [
  'nativeWidth',
  'nativeHeight',
  'loadedWidth',
  'loadedHeight',
  'ratio',
  'padX',
  'padY',
  'left',
  'top',
  'width',
  'height',
] as const satisfies readonly (keyof Geometry)[];

/**
 * One entry: a line that names the format, the SHA-256 of all that follows, the key, and then little-endian numbers: how many
 * images and detections there are; of each image its geometry and time (float64) and how many detections it has (uint32); of
 * each detection left, top, right, bottom and confidence (float32) and class (int32).
 */
export function encode(key: string, images: readonly RememberedImage[]): Uint8Array {
  const counts = Uint32Array.from(images, ({ detections }) => detections.count);
  const boxes = counts.reduce((sum, count) => sum + count, 0);
  const parts = [
    Buffer.from(key, 'hex'),
    Uint32Array.of(images.length, boxes),
    Float64Array.from(
      images.flatMap(({ geometry, milliseconds }) => [
        ...GEOMETRY.map((name) => geometry[name]),
        milliseconds,
      ]),
    ),
    counts,
    ...images.map(({ detections: { xyxy, count } }) => xyxy.subarray(0, 4 * count)),
    ...images.map(({ detections: { conf, count } }) => conf.subarray(0, count)),
    ...images.map(({ detections: { cls, count } }) => cls.subarray(0, count)),
  ].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Buffer.concat([Buffer.from(MAGIC), hash.digest(), ...parts]);
}

/**
 * Reads an entry.
 *
 * @returns one record for each image, in the order in which they were written.
 * @throws {Error} with the reason, where it is damaged, or not what is expected.
 */
export function decode(bytes: Uint8Array, expected: Expected): readonly RememberedImage[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error('it is of another format');
  const body = buffer.subarray(MAGIC.length + HASH_BYTES);
  const hash = createHash('sha256').update(body).digest();
  if (!buffer.subarray(MAGIC.length, MAGIC.length + HASH_BYTES).equals(hash))
    throw new Error('its bytes are not those that were written');
  const reader = new Reader(body);
  if (reader.bytes(expected.key.length / 2).toString('hex') !== expected.key)
    throw new Error('it is of another model, data set or machine');
  const [images, boxes] = reader.numbers(Uint32Array, 2) as unknown as [number, number];
  if (images !== expected.images) throw new Error(`it has ${images} images and must have ${expected.images}`);
  const width = GEOMETRY.length + 1;
  const places = reader.numbers(Float64Array, images * width);
  const counts = reader.numbers(Uint32Array, images);
  const xyxy = reader.numbers(Float32Array, 4 * boxes);
  const conf = reader.numbers(Float32Array, boxes);
  const cls = reader.numbers(Int32Array, boxes);
  reader.end();
  const isPlausible =
    counts.reduce((sum, count) => sum + count, 0) === boxes &&
    places.every(Number.isFinite) &&
    xyxy.every(Number.isFinite) &&
    conf.every((value) => value >= 0 && value <= 2) &&
    cls.every((value) => value >= 0 && value < expected.nc);
  if (!isPlausible) throw new Error('its numbers are out of range');
  let first = 0;
  return Array.from(counts, (count, image) => {
    const row = places.subarray(image * width, (image + 1) * width);
    const geometry = Object.fromEntries(GEOMETRY.map((name, i) => [name, row[i]!])) as unknown as Geometry;
    const { size } = expected;
    if (size !== null && (geometry.width !== size.width || geometry.height !== size.height))
      throw new Error('its images are of another size');
    const next = first + count;
    const detections = {
      count,
      xyxy: xyxy.slice(4 * first, 4 * next),
      conf: conf.slice(first, next),
      cls: cls.slice(first, next),
    };
    first = next;
    return { geometry, detections, milliseconds: row[GEOMETRY.length]! };
  });
}

type Numbers = Float64Array | Float32Array | Uint32Array | Int32Array;

class Reader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  bytes(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#body.length) throw new Error('it ends early');
    const part = this.#body.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** A copy, since numbers in the middle of a file are not aligned. */
  numbers<T extends Numbers>(
    type: { new (buffer: ArrayBuffer): T; BYTES_PER_ELEMENT: number },
    count: number,
  ): T {
    return new type(Uint8Array.from(this.bytes(count * type.BYTES_PER_ELEMENT)).buffer);
  }

  end(): void {
    if (this.#at !== this.#body.length) throw new Error('it has more bytes than it says');
  }
}
