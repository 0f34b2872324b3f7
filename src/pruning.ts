import { chooseCalibrationImages } from './calibrate/images.ts';
import type { Checked } from './check.ts';
import { readDataYaml } from './dataset/data-yaml.ts';
import { findImages } from './dataset/images.ts';
import { resolveSplit } from './dataset/split.ts';
import { UserError } from './errors.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './log.ts';
import { parseMethod } from './prune/methods.ts';
import { type PrunedModel, pruneModel } from './prune/prune-model.ts';
import { startReconstructPool } from './prune/reconstruct/pool.ts';
import { reconstructModel } from './prune/reconstruct/reconstruct.ts';
import { pruneLine } from './report/text.ts';
import type { NativeBase } from './runtime/load.ts';
import { warnOfUnreadable } from './unreadable.ts';
import { arrange } from './validate/detect.ts';

const SPLITS = ['train', 'val', 'test'];

/**
 * Prunes a copy of the model by the method that was asked for, with calibration images where it takes them.
 *
 * @throws {UserError} when the weights cannot be changed, or when there are no calibration images.
 */
export async function pruneCopy(
  checked: Checked,
  inputs: Inputs,
  nativeBase: NativeBase,
  log: Log,
): Promise<PrunedModel> {
  const { method, amount, exclude } = inputs;
  const options = { method, amount, exclude };
  const pruned = parseMethod(method)?.calibrated
    ? await reconstruct(checked, inputs, nativeBase, log)
    : pruneModel(checked.model, options);
  for (const glob of pruned.unusedExcludes) log.warning(`exclude: ${glob} matches no Conv node or weight.`);
  log.info(pruneLine(pruned));
  return pruned;
}

async function reconstruct(
  { model, dataset, plan }: Checked,
  inputs: Inputs,
  nativeBase: NativeBase,
  log: Log,
): Promise<PrunedModel> {
  const { method, amount, exclude, seed } = inputs;
  const { detector } = plan;
  const images = await chooseCalibrationImages(
    await calibrationCandidates(inputs, detector.family),
    dataset.images.map(({ path }) => path),
    { count: inputs['calibration-images'], seed },
  );
  log.info(`${method} looks at ${images.length} calibration images; this takes a minute or more`);
  const pool = startReconstructPool(nativeBase, arrange(inputs.threads).workers);
  try {
    const calibration = { detector, images, seed };
    const pruned = await reconstructModel(pool, model, { method, amount, exclude }, calibration);
    const warnings = warnOfUnreadable(log, 'It is not calibrated on.');
    for (const { reason } of pruned.unreadable) warnings.add(reason);
    warnings.end();
    return pruned;
  } finally {
    await pool.close();
  }
}

/** The images that `calibration` names: a split of data.yaml (`train` by default), a folder, or a list. */
async function calibrationCandidates(
  { calibration, data, method, roots }: Inputs,
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
