import { availableParallelism } from 'node:os';
import type { LabeledImage } from '../dataset/types.ts';
import { UserError } from '../errors.ts';
import type { NativeBase } from '../runtime/load.ts';
import { WorkerPool } from '../workers/pool.ts';
import type { InputSize } from './image/letterbox.ts';
import { type RectangleRule, rectangles } from './rectangles.ts';
import type { Provider, SessionInfo } from './session.ts';
import type { Sample } from './types.ts';
import type { DetectionPlan, DetectWorker, ImageResult, WorkerSetup } from './worker.ts';

/** Worker threads that hold the models and take images one by one. */
export type DetectPool = WorkerPool<DetectWorker>;

/** How the processor is shared: so many sessions side by side, each with so many threads. */
export interface Arrangement {
  readonly workers: number;
  readonly threadsPerWorker: number;
}

/**
 * One worker a core with one thread each: `session.run` blocks its thread, and two workers with one thread beat one with
 * two.
 *
 * On a GPU one worker with one session a model: each further one would take the card's memory once more, and they would only
 * wait for each other.
 *
 * @param threads cores to use; 0 for all.
 */
export function arrange(threads: number, provider: Provider = 'cpu'): Arrangement {
  const cores = threads || availableParallelism();
  return provider === 'cpu'
    ? { workers: cores, threadsPerWorker: 1 }
    : { workers: 1, threadsPerWorker: cores };
}

/** Starts the workers; no model is loaded yet. `timeUp` gives up what they are at. */
export function startDetectPool(
  nativeBase: NativeBase,
  arrangement: Arrangement,
  provider: Provider,
  timeUp?: AbortSignal,
): DetectPool {
  const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
  const setup: WorkerSetup = { nativeBase, session: { provider, threads: arrangement.threadsPerWorker } };
  return new WorkerPool<DetectWorker>(entry, arrangement.workers, setup, timeUp);
}

/**
 * Loads one more model into every worker.
 *
 * @throws {UserError} when ONNX Runtime refuses it.
 */
export async function loadModel(pool: DetectPool, path: string): Promise<SessionInfo> {
  const [info] = await pool.broadcast('load', path);
  return info!;
}

/**
 * Loads a model into every worker, in the place of all that are there.
 *
 * @throws {UserError} when ONNX Runtime refuses it.
 */
export async function loadOnly(pool: DetectPool, path: string): Promise<void> {
  await pool.broadcast('unload', undefined);
  await pool.broadcast('load', path);
}

/** An image that could not be decoded and does not count, as in the reference validators. */
export interface UnreadableImage {
  readonly path: string;
  readonly reason: string;
}

/** What one pass over a split yields: for each image the samples of all loaded models, or why there are none. */
export type DetectedImage =
  | { readonly samples: readonly Sample[]; readonly milliseconds: ImageResult['milliseconds'] }
  | { readonly unreadable: UnreadableImage };

/**
 * Puts every image through all loaded models, as many at once as there are workers.
 *
 * @returns one entry an image, in the order in which they get ready.
 * @throws {UserError} when more than 1 % of the images cannot be decoded (and more than one).
 */
export async function* detectAll(
  pool: DetectPool,
  plan: DetectionPlan,
  images: readonly LabeledImage[],
): AsyncGenerator<DetectedImage> {
  await pool.broadcast('configure', plan);
  const sizes = plan.detector.rect && (await rectanglesOf(pool, plan.detector.rect, images));
  const underWay = new Map<number, Promise<{ readonly index: number; readonly found: DetectedImage }>>();
  const unreadable: UnreadableImage[] = [];
  let next = 0;
  const start = () => {
    const index = next++;
    const image = images[index]!;
    underWay.set(
      index,
      pool
        .run('detect', { path: image.path, size: sizes?.[index] ?? null })
        .then((result) => ({ index, found: toDetected(image, result) })),
    );
  };
  // Twice as many as there are workers, so that none waits for the main thread.
  while (next < images.length && underWay.size < pool.size * 2) start();
  while (underWay.size > 0) {
    const { index, found } = await Promise.race(underWay.values());
    underWay.delete(index);
    if (next < images.length) start();
    if ('unreadable' in found) {
      unreadable.push(found.unreadable);
      refuseTooMany(unreadable, images.length);
    }
    yield found;
  }
}

/** The network's input for each image; `null` for those that cannot be decoded. */
async function rectanglesOf(
  pool: DetectPool,
  rule: RectangleRule,
  images: readonly LabeledImage[],
): Promise<readonly (InputSize | null)[]> {
  const sizes = await Promise.all(images.map(({ path }) => pool.run('size', path)));
  const readable = sizes.filter((size) => size !== null);
  const found = rectangles(readable, rule).values();
  return sizes.map((size) => (size === null ? null : found.next().value!));
}

function toDetected(
  image: LabeledImage,
  result: ImageResult | { readonly unreadable: string },
): DetectedImage {
  if ('unreadable' in result) return { unreadable: { path: image.path, reason: result.unreadable } };
  const { geometry, detections, milliseconds } = result;
  const samples = detections.map((found) => ({
    path: image.path,
    geometry,
    labels: image.labels,
    detections: found,
  }));
  return { samples, milliseconds };
}

function refuseTooMany(unreadable: readonly UnreadableImage[], total: number): void {
  if (unreadable.length <= Math.max(1, total / 100)) return;
  const [first] = unreadable as [UnreadableImage];
  throw new UserError(
    'dataset',
    `At least ${unreadable.length} of ${total} images cannot be decoded, more than 1 %; the first: ${first.reason}`,
    'Check that the images are complete (with Git LFS: `lfs: true` in actions/checkout) and of a supported format.',
  );
}
