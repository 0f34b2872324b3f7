import { chooseCalibrationImages } from './calibrate/images.ts';
import type { Checked } from './check.ts';
import { readDataYaml } from './dataset/data-yaml.ts';
import { findImages } from './dataset/images.ts';
import { resolveSplit } from './dataset/split.ts';
import { UserError } from './errors.ts';
import type { Inputs } from './inputs.ts';

const SPLITS = ['train', 'val', 'test'];

/**
 * The images that a method looks at: so many of those that `calibration` names, the same ones for the same seed.
 *
 * @throws {UserError} when there are none, or when one of them is a validation image.
 */
export async function calibrationImages(
  { dataset, plan }: Pick<Checked, 'dataset' | 'plan'>,
  inputs: Inputs,
): Promise<readonly string[]> {
  return chooseCalibrationImages(
    await calibrationCandidates(inputs, plan.detector.family),
    dataset.images.map(({ path }) => path),
    { count: inputs['calibration-images'], seed: inputs.seed },
  );
}

/**
 * All images that `calibration` names: a split of data.yaml (`train` by default), a folder, or a list.
 *
 * @throws {UserError} when there are none.
 */
export async function calibrationCandidates(
  { calibration, data, method, roots }: Pick<Inputs, 'calibration' | 'data' | 'method' | 'roots'>,
  family: Checked['plan']['detector']['family'],
): Promise<readonly string[]> {
  if (!SPLITS.includes(calibration)) return findImages([calibration], process.cwd(), family, roots);
  try {
    const { entries } = await resolveSplit(await readDataYaml(data), calibration, roots);
    return await findImages(entries, process.cwd(), family, roots);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      'dataset',
      `The method ${method} needs calibration images, but \`${calibration}\` of ${data} does not give them: ${error.problem}`,
      'Name a folder or a .txt list of images with `calibration`; they need no labels, and may not be those of the validation.',
      { cause: error },
    );
  }
}
