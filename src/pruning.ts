import { calibrationImages } from './calibration.ts';
import type { Checked } from './check.ts';
import type { Inputs } from './inputs.ts';
import { parseMethod } from './prune/methods.ts';
import { type PrunedModel, pruneModel } from './prune/prune-model.ts';
import { startReconstructPool } from './prune/reconstruct/pool.ts';
import { Reconstruction } from './prune/reconstruct/reconstruct.ts';
import { pruneLine } from './report/text.ts';
import { ScratchFolder } from './scratch.ts';
import { warnOfUnreadable } from './unreadable.ts';
import { arrange } from './validate/detect.ts';
import type { Workshop } from './workshop.ts';

/** Makes pruned copies of one model by one method; what does not depend on the amount is done once. */
export interface Pruner {
  /** Images that it looks at; none for methods that look at the weights alone. */
  readonly calibration: readonly string[];
  /**
   * @param amount share of the weights that becomes zero; an N:M pattern has its own.
   * @throws {UserError} when the weights cannot be changed.
   */
  prune(amount: number): Promise<PrunedModel>;
  close(): Promise<void>;
}

/**
 * Opens the method that was asked for, with calibration images where it takes them.
 *
 * @throws {UserError} when there are no calibration images, or when one of them is a validation image.
 */
export async function openPruner(
  checked: Checked,
  inputs: Inputs,
  workshop: Pick<Workshop, 'nativeBase' | 'stop' | 'timeUp' | 'log'>,
): Promise<Pruner> {
  const { log } = workshop;
  const pruner = parseMethod(inputs.method)?.calibrated
    ? await openReconstruction(checked, inputs, workshop)
    : openWeightMethod(checked, inputs);
  const isToldOf = new Set<string>();
  return {
    ...pruner,
    async prune(amount) {
      const pruned = await pruner.prune(amount);
      for (const glob of pruned.unusedExcludes) {
        if (!isToldOf.has(glob)) log.warning(`exclude: ${glob} matches no Conv node or weight.`);
        isToldOf.add(glob);
      }
      log.info(pruneLine(pruned));
      return pruned;
    },
  };
}

function openWeightMethod({ model }: Checked, { method, exclude }: Inputs): Pruner {
  return {
    calibration: [],
    prune: async (amount) => pruneModel(model, { method, amount, exclude }),
    close: async () => {},
  };
}

async function openReconstruction(
  checked: Checked,
  inputs: Inputs,
  { nativeBase, stop, timeUp, log }: Pick<Workshop, 'nativeBase' | 'stop' | 'timeUp' | 'log'>,
): Promise<Pruner> {
  const { method, exclude, seed, budget, augment } = inputs;
  const images = await calibrationImages(checked, inputs);
  log.info(`${method} looks at ${images.length} calibration images; this takes a minute or more`);
  const pool = startReconstructPool(nativeBase, arrange(inputs.threads).workers, timeUp);
  const scratch = new ScratchFolder(stop);
  const close = async () => {
    scratch.remove();
    await pool.close();
  };
  const calibration = { detector: checked.plan.detector, images, seed, augment, scratch };
  let isTold = false;
  let reconstruction: Reconstruction;
  try {
    reconstruction = new Reconstruction(pool, checked.model, { method, exclude }, calibration, budget);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    calibration: images,
    async prune(amount) {
      const pruned = await reconstruction.prune(amount);
      if (!isTold) {
        const warnings = warnOfUnreadable(log, 'It is not calibrated on.');
        for (const { reason } of pruned.unreadable) warnings.add(reason);
        warnings.end();
      }
      isTold = true;
      return pruned;
    },
    close,
  };
}
