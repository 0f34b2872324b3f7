import { otherThan } from './calibrate/images.ts';
import { mulberry32, sampleIndices } from './calibrate/random.ts';
import { calibrationCandidates } from './calibration.ts';
import type { Checked } from './check.ts';
import { findLabelled } from './dataset/dataset.ts';
import type { Dataset, LabeledImage } from './dataset/types.ts';
import { UserError } from './errors.ts';
import type { Inputs } from './inputs.ts';
import type { SearchedOn } from './report/search.ts';

/** The images that a search tries models on, and those that judge what it finds. */
export interface SearchImages {
  readonly source: Exclude<SearchedOn, 'validation'>;
  readonly images: readonly LabeledImage[];
  /** Without a single one of them. */
  readonly judged: Dataset;
}

/** More say little more, and each try takes its time for every one of them. */
const MOST_IMAGES = 500;
/** Fewer labelled calibration images than these, or boxes in them, say less than half of the validation images. */
const [FEWEST_IMAGES, FEWEST_BOXES] = [40, 100];

/**
 * Sets images aside for a search, so that what it finds is judged by others: labelled calibration images, best those that
 * nothing was calibrated on, none of them a validation image, or else a half of the validation images.
 *
 * @param calibrated paths of the images that the method has looked at.
 * @throws {UserError} when there are too few of both.
 */
export async function searchImages(
  checked: Checked,
  inputs: Inputs,
  calibrated: readonly string[],
): Promise<SearchImages> {
  const { dataset } = checked;
  const images = await labelledCalibration(checked, inputs, new Set(calibrated));
  const boxes = images.reduce((sum, { labels }) => sum + labels.count, 0);
  if (images.length >= FEWEST_IMAGES && boxes >= FEWEST_BOXES) {
    return { source: 'calibration', images, judged: dataset };
  }
  return halves(dataset, inputs.seed);
}

async function labelledCalibration(
  { dataset, plan }: Checked,
  inputs: Inputs,
  calibrated: ReadonlySet<string>,
): Promise<readonly LabeledImage[]> {
  const { family, nc } = plan.detector;
  const candidates = await calibrationCandidates(inputs, family).catch((error: unknown) => {
    if (error instanceof UserError) return [];
    throw error;
  });
  const labelled = await findLabelled(inputs.data, [...new Set(candidates)], {
    family,
    nc,
    roots: inputs.roots,
  });
  const unseen = labelled.filter(({ path }) => !calibrated.has(path));
  const wanted = unseen.length >= FEWEST_IMAGES ? unseen : labelled;
  const drawn = [...sampleIndices(mulberry32(inputs.seed), wanted.length, MOST_IMAGES)];
  // In small data sets the training split may be the validation's, or hold some of it.
  const others = await otherThan(
    drawn.map((index) => wanted[index]!.path),
    dataset.images.map(({ path }) => path),
  );
  const isOther = new Set(others);
  return wanted.filter(({ path }) => isOther.has(path));
}

function halves(dataset: Dataset, seed: number): SearchImages {
  const { images } = dataset;
  const first = new Set(sampleIndices(mulberry32(seed), images.length, images.length >> 1));
  const searched = images.filter((_, i) => first.has(i));
  const judging = images.filter((_, i) => !first.has(i));
  const countBoxes = (part: readonly LabeledImage[]) =>
    part.reduce((sum, { labels }) => sum + labels.count, 0);
  if (countBoxes(searched) === 0 || countBoxes(judging) === 0) {
    throw new UserError(
      'dataset',
      `A search must have labelled images of its own, but ${dataset.split} of ${dataset.yaml} has ${images.length} images, too few to be halved.`,
      'Name labelled images with `calibration`, such as the training split, or choose the amount yourself.',
    );
  }
  return {
    source: 'half',
    images: searched,
    judged: { ...dataset, images: judging, labelCount: countBoxes(judging) },
  };
}
