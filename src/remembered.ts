import { cpus } from 'node:os';
import manifest from '../package.json' with { type: 'json' };
import type { Checked } from './check.ts';
import { messageOf } from './errors.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import type { Memory } from './remember/folder.ts';
import { decode, encode, type RememberedImage } from './remember/format.ts';
import { imagesDigest, keyOf } from './remember/key.ts';
import { installedVersion, type NativeBase, runtimeName } from './runtime/load.ts';
import { type DetectedImage, type DetectPool, detectAll, loadModel, loadOnly } from './validate/detect.ts';
import type { Provider } from './validate/session.ts';
import type { Sample } from './validate/types.ts';
import { type Validation, validateDetected, validateModels } from './validation.ts';

/** What both models are validated with. */
export interface ValidationSetup {
  /** Has the unpruned model loaded. */
  readonly pool: DetectPool;
  readonly nativeBase: NativeBase;
  readonly provider: Provider;
  /** `null` where nothing is remembered. */
  readonly memory: Memory | null;
  readonly log: Log;
}

/**
 * Validates the unpruned and the pruned model; where an earlier run put the same unpruned model through the same images, its
 * detections are taken from there, and it is not run again. All figures are counted anew from the detections.
 *
 * @param original SHA-256 of the unpruned model.
 * @param candidate path of the pruned model; `null` where it is the same as the unpruned one.
 */
export async function validateBoth(
  checked: Pick<Checked, 'dataset' | 'plan'>,
  original: string,
  candidate: string | null,
  inputs: Inputs,
  setup: ValidationSetup,
): Promise<Validation> {
  const { dataset, plan } = checked;
  const { pool, memory, log } = setup;
  const keepSamples = inputs['save-json'];
  // A rule on time compares the two models on the same machine at the same time.
  const isRemembering = memory !== null && inputs.thresholds.maxSlower === null;
  const key = isRemembering ? await keyFor(checked, original, setup) : null;
  const known = key === null ? null : await recall(memory!, key, checked, log);
  if (known) {
    log.info(
      'The unpruned model went through these images in an earlier run: its detections are taken from there.',
    );
    if (candidate !== null) await loadOnly(pool, candidate);
    const others = candidate === null ? null : detectAll(pool, plan, dataset.images);
    const detected = withKnown(known, dataset, others);
    const through = candidate === null ? 'no model' : 'the pruned model';
    const count = candidate === null ? 1 : 2;
    const validation = await validateDetected(detected, plan, dataset, count, keepSamples, log, through);
    return { ...validation, isRemembered: true };
  }
  if (candidate !== null) await loadModel(pool, candidate);
  const count = candidate === null ? 1 : 2;
  if (key === null) return validateModels(pool, plan, dataset, count, keepSamples, log);
  const seen = new Map<string, RememberedImage>();
  const detected = noting(seen, detectAll(pool, plan, dataset.images));
  const validation = await validateDetected(detected, plan, dataset, count, keepSamples, log);
  const images = dataset.images.map(({ path }) => seen.get(path));
  if (images.every((image) => image !== undefined)) await memory!.keep(key, encode(key, images));
  return validation;
}

async function keyFor(
  { dataset, plan }: Pick<Checked, 'dataset' | 'plan'>,
  original: string,
  { nativeBase, provider }: ValidationSetup,
): Promise<string | null> {
  const images = await imagesDigest(dataset.images.map(({ path }) => path));
  if (images === null) return null;
  const sharpVersion = installedVersion(nativeBase, 'sharp');
  return keyOf({
    model: original,
    images,
    ...plan,
    versions: [manifest.version, runtimeName(nativeBase), `sharp ${sharpVersion}`],
    provider,
    processor: `${process.arch} ${cpus()[0]?.model.trim()}`,
  });
}

/** What an earlier run left under a key, by path; an entry that is damaged or foreign is not used. */
async function recall(
  memory: Memory,
  key: string,
  { dataset, plan }: Pick<Checked, 'dataset' | 'plan'>,
  log: Log,
): Promise<ReadonlyMap<string, RememberedImage> | null> {
  const bytes = await memory.recall(key);
  if (bytes === null) return null;
  const { detector } = plan;
  try {
    const images = decode(bytes, {
      key,
      images: dataset.images.length,
      size: detector.rect ? null : detector,
      nc: detector.nc,
    });
    return new Map(dataset.images.map(({ path }, i) => [path, images[i]!]));
  } catch (error) {
    log.warning(`What an earlier run remembered of the unpruned model is not used: ${messageOf(error)}.`);
    return null;
  }
}

/** Puts what is known of the unpruned model before what the others find; `null` where there is no other. */
async function* withKnown(
  known: ReadonlyMap<string, RememberedImage>,
  { images }: Checked['dataset'],
  others: AsyncIterable<DetectedImage> | null,
): AsyncGenerator<DetectedImage> {
  if (others === null) {
    for (const { path, labels } of images) {
      const { geometry, detections, milliseconds } = known.get(path)!;
      const samples = [{ path, geometry, labels, detections }];
      yield { samples, milliseconds: { pixels: 0, inference: [milliseconds], decode: 0 } };
    }
    return;
  }
  for await (const found of others) {
    if ('unreadable' in found) {
      yield found;
      continue;
    }
    const [{ path, labels }] = found.samples as [Sample];
    const { geometry, detections, milliseconds } = known.get(path)!;
    const inference = [milliseconds, ...found.milliseconds.inference];
    yield {
      samples: [{ path, geometry, labels, detections }, ...found.samples],
      milliseconds: { ...found.milliseconds, inference },
    };
  }
}

/** Notes what the first model finds on the way. */
async function* noting(
  seen: Map<string, RememberedImage>,
  detected: AsyncIterable<DetectedImage>,
): AsyncGenerator<DetectedImage> {
  for await (const found of detected) {
    if ('samples' in found) {
      const [{ path, geometry, detections }] = found.samples as [Sample];
      seen.set(path, { geometry, detections, milliseconds: found.milliseconds.inference[0]! });
    }
    yield found;
  }
}
