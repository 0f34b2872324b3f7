import { readFileSync } from 'node:fs';
import { messageOf, UserError } from '../errors.ts';
import type { AnnotatedImage } from './coco-annotations.ts';
import { stateOfImage } from './images.ts';
import { type LabelReading, type LabelRules, parseLabels } from './labels.ts';
import { isLfsPointer } from './lfs.ts';
import { labelPath } from './paths.ts';
import { fileSize } from './small-files.ts';

/** An image, where its labels stand, and what became of the two. */
export interface ReadImage {
  readonly path: string;
  /** The label file's path, or which entry of the annotations it is. */
  readonly label: string;
  readonly reading:
    | LabelReading
    | { readonly kind: 'missing-image' | 'missing-label' | 'lfs-image' | 'lfs-label' };
}

/** Some hundred thousand boxes: a label file of one image has a thousandth of it. */
const MAX_LABEL_BYTES = 4 << 20;

/**
 * Reads the label file of an image, if image and label file are there.
 *
 * @throws UserError where the label file is absurdly large.
 */
export function readImage(path: string, rules: LabelRules): ReadImage {
  const label = labelPath(path);
  return { path, label, reading: fault(path) ?? readLabels(label, rules) };
}

/** Takes an image's labels out of annotations, by the rules of the label file that they are converted to. */
export function readAnnotatedImage(
  { path, place, labelFile, coco }: AnnotatedImage,
  rules: LabelRules,
): ReadImage {
  const reading = fault(path) ?? parseLabels(labelFile, rules);
  if (reading.kind !== 'labels') return { path, label: place, reading };
  return { path, label: place, reading: { ...reading, labels: { ...reading.labels, coco } } };
}

function fault(path: string): { readonly kind: 'missing-image' | 'lfs-image' } | undefined {
  const state = stateOfImage(path);
  if (state === 'there') return undefined;
  return { kind: state === 'missing' ? 'missing-image' : 'lfs-image' };
}

function readLabels(label: string, rules: LabelRules): ReadImage['reading'] {
  const size = fileSize(label);
  if (size === undefined) return { kind: 'missing-label' };
  if (size > MAX_LABEL_BYTES) {
    throw new UserError(
      'dataset',
      `The label file of one image must not be larger than ${MAX_LABEL_BYTES} bytes, but ${label} has ${size}.`,
      'Check that it holds one row per object of this image only.',
    );
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(label);
  } catch (thrown) {
    return { kind: 'dropped', reason: `${label} could not be read (${messageOf(thrown)})` };
  }
  return isLfsPointer(bytes) ? { kind: 'lfs-label' } : parseLabels(bytes, rules);
}
