import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { mulberry32, sampleIndices } from './random.ts';

/**
 * Chooses the images to calibrate on, the same ones for the same seed.
 *
 * @param candidates paths, in an order that does not change; a path that is there twice counts once.
 * @param validation paths of the images that judge the result.
 * @param count how many at most.
 * @throws {UserError} when there are none, or when one of the chosen has the content of a validation image: a model must
 *   not be judged by pictures that helped to prune it.
 */
export async function chooseCalibrationImages(
  candidates: readonly string[],
  validation: readonly string[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<readonly string[]> {
  const paths = [...new Set(candidates)];
  if (paths.length === 0) {
    throw new UserError(
      'dataset',
      'calibration must name at least one image, but it names none.',
      'Name a folder or list of images as the model will meet them; they need no labels.',
    );
  }
  const chosen = [...sampleIndices(mulberry32(seed), paths.length, count)].map((index) => paths[index]!);
  const judged = await contents(validation);
  for (const path of chosen) {
    const twin = judged.get(await contentOf(path));
    if (twin === undefined) continue;
    throw new UserError(
      'dataset',
      `calibration must hold no validation image, but ${path} is the same picture as ${twin}.`,
      'Take other images: of the training split, or any without labels.',
    );
  }
  return chosen;
}

/** Those of the images whose content is not that of a validation image, in their order. */
export async function otherThan(
  paths: readonly string[],
  validation: readonly string[],
): Promise<readonly string[]> {
  const judged = await contents(validation);
  const others: string[] = [];
  for (const path of paths) if (!judged.has(await contentOf(path))) others.push(path);
  return others;
}

/** Paths by content. */
async function contents(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const path of new Set(paths)) found.set(await contentOf(path), path);
  return found;
}

async function contentOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
