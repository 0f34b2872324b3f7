import { readFile, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { stateOfImage } from './images.ts';
import { type LabelReading, type LabelRules, parseLabels } from './labels.ts';
import { isLfsPointer } from './lfs.ts';

/** An image with its label file's path, and what became of the two. */
export interface ReadImage {
  readonly path: string;
  readonly label: string;
  readonly reading: LabelReading | { readonly kind: 'missing-label' | 'lfs-image' | 'lfs-label' };
}

/** Some two hundred thousand boxes: a label file of one image has a thousandth of it. */
const MAX_LABEL_BYTES = 8 << 20;

/**
 * Reads the label file of an image, if image and label file are there.
 *
 * @throws UserError where the label file is absurdly large.
 */
export async function readImage(path: string, rules: LabelRules): Promise<ReadImage> {
  const label = labelPath(path);
  const state = await stateOfImage(path);
  if (state === 'lfs-pointer') return { path, label, reading: { kind: 'lfs-image' } };
  if (state === 'missing')
    return { path, label, reading: { kind: 'dropped', reason: 'there is no such file' } };
  return { path, label, reading: await readLabels(label, rules) };
}

/** The last `/images/` becomes `/labels/`, the extension .txt (img2label_paths in both references). */
export function labelPath(image: string): string {
  const [from, to] = [`${sep}images${sep}`, `${sep}labels${sep}`];
  const at = image.lastIndexOf(from);
  const moved = at < 0 ? image : image.slice(0, at) + to + image.slice(at + from.length);
  return `${moved.slice(0, moved.lastIndexOf('.'))}.txt`;
}

async function readLabels(label: string, rules: LabelRules): Promise<ReadImage['reading']> {
  const stats = await stat(label).catch(() => undefined);
  if (!stats?.isFile()) return { kind: 'missing-label' };
  if (stats.size > MAX_LABEL_BYTES) {
    throw new UserError(
      'dataset',
      `The label file of one image must not be larger than ${MAX_LABEL_BYTES} bytes, but ${label} has ${stats.size}.`,
      'Check that it holds one row per object of this image only.',
    );
  }
  try {
    const bytes = await readFile(label);
    return isLfsPointer(bytes) ? { kind: 'lfs-label' } : parseLabels(bytes, rules);
  } catch (thrown) {
    return { kind: 'dropped', reason: `${label} could not be read (${messageOf(thrown)})` };
  }
}
