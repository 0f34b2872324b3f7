import type { Checked } from './check.ts';
import type { Inputs } from './inputs.ts';
import { judgeTry } from './judge.ts';
import { prunableLayers } from './prune/prunable-layers.ts';
import { type PrunedModel, zerosOf } from './prune/prune-model.ts';
import { openPruner, type Pruner } from './pruning.ts';
import { percent } from './report/text.ts';
import { ScratchFolder } from './scratch.ts';
import { rescue, searchAmount } from './search.ts';
import { tellTry, tryOf } from './trials.ts';
import { loadModel } from './validate/detect.ts';
import { type ValidatedModel, validateModels } from './validation.ts';
import type { Chosen, Workshop } from './workshop.ts';

/** A trained model has next to no zeros; one with more was pruned before. */
const PRUNED_BEFORE = 0.02;

/**
 * Prunes a copy of the model by the amount that was given, by the largest of several that passes, or by what a search finds.
 *
 * @throws {UserError} when the weights cannot be changed, or when images for it are missing.
 */
export async function choosePruned(checked: Checked, inputs: Inputs, workshop: Workshop): Promise<Chosen> {
  const { log } = workshop;
  const { dataset } = checked;
  const { amount } = inputs;
  const pruner = await openPruner(checked, inputs, workshop);
  const given = (pruned: PrunedModel): Chosen => ({ pruned, dataset, search: null, validation: null });
  try {
    const isSearch = amount === 'auto' || amount.length > 1 || inputs.rescue;
    const zeros = isSearch ? shareOfZeros(checked, inputs) : 0;
    if (zeros > PRUNED_BEFORE) {
      log.info(
        `${percent(zeros)} of the weights are zero already: a model that was pruned before is not searched again.`,
      );
      return given({ ...(await pruner.prune(0)), amount: zeros });
    }
    if (amount === 'auto') return await searchAmount(pruner, checked, inputs, workshop);
    if (amount.length > 1) return await sweep(pruner, amount, checked, inputs, workshop);
    const pruned = await pruner.prune(amount[0]!);
    return inputs.rescue ? await rescue(pruner, pruned, checked, inputs, workshop) : given(pruned);
  } finally {
    await pruner.close();
  }
}

function shareOfZeros({ model }: Checked, { exclude }: Inputs): number {
  const { zeros, weights } = zerosOf(prunableLayers(model, exclude).chosen);
  return zeros / weights;
}

/** Validates the unpruned model and those of all amounts in one pass; the largest that passes is taken, else the smallest. */
async function sweep(
  pruner: Pruner,
  amounts: readonly number[],
  checked: Checked,
  inputs: Inputs,
  { pool, stop, log }: Workshop,
): Promise<Chosen> {
  const { dataset, plan } = checked;
  const folder = new ScratchFolder(stop);
  const pruned: PrunedModel[] = [];
  try {
    for (const amount of amounts) {
      const model = await pruner.prune(amount);
      pruned.push(model);
      await loadModel(pool, folder.write(`${pruned.length}.onnx`, model.bytes));
    }
  } finally {
    folder.remove();
  }
  const count = 1 + pruned.length;
  const validation = await validateModels(pool, plan, dataset, count, inputs['save-json'], log);
  const [before, ...others] = validation.models as [ValidatedModel, ...ValidatedModel[]];
  const verdicts = [];
  for (const [i, after] of others.entries()) {
    const verdict = await judgeTry(before, after, checked, inputs, pruned[i]!.bytes, false);
    log.info(tellTry(verdict, 0, percent(amounts[i]!)));
    verdicts.push(verdict);
  }
  const chosen = Math.max(
    0,
    verdicts.findLastIndex(({ pass }) => pass),
  );
  const [{ before: unpruned, maxDrop: accepted }] = verdicts as [(typeof verdicts)[number]];
  return {
    pruned: pruned[chosen]!,
    dataset,
    search: {
      kind: 'sweep',
      on: 'validation',
      images: dataset.images.length,
      unpruned,
      accepted,
      tries: verdicts.map((verdict, i) => tryOf(verdict, pruned[i]!, [])),
      chosen,
    },
    validation: { ...validation, models: [before, others[chosen]!] },
  };
}
