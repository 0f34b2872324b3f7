import { fewest } from './amount/fewest.ts';
import { largestAmount } from './amount/largest.ts';
import { MOST_TRIES, type Tried } from './amount/types.ts';
import type { Checked } from './check.ts';
import type { Verdict } from './gate/decide.ts';
import type { Inputs } from './inputs.ts';
import { judgeTry } from './judge.ts';
import type { Log } from './log.ts';
import { Z } from './metrics/bootstrap.ts';
import { giveBack } from './prune/give-back.ts';
import type { PrunedModel } from './prune/prune-model.ts';
import type { Pruner } from './pruning.ts';
import type { ReportedSearch, ReportedTry } from './report/search.ts';
import { percent } from './report/text.ts';
import { ScratchFolder } from './scratch.ts';
import { type SearchImages, searchImages } from './search-images.ts';
import { layerCosts } from './sensitivity.ts';
import { Trials, tellTry, tryOf } from './trials.ts';
import { arrange, type DetectPool, startDetectPool } from './validate/detect.ts';
import type { ValidatedModel } from './validation.ts';
import type { Chosen, Workshop } from './workshop.ts';

/**
 * Finds the largest amount whose model passes, on images that do not judge it.
 *
 * @throws {UserError} when there are no images to search on.
 */
export async function searchAmount(
  pruner: Pruner,
  checked: Checked,
  inputs: Inputs,
  workshop: Workshop,
): Promise<Chosen> {
  const search = await Search.open('auto', pruner, checked, inputs, workshop);
  try {
    await largestAmount(search.accepted, async (amount) =>
      search.attempt(await pruner.prune(amount), [], percent(amount)),
    );
    return search.finish((a, b) => a.amount - b.amount);
  } finally {
    await search.close();
  }
}

/**
 * Gives weights back to the layers that cost most, as few as a pass needs, on images that do not judge the result.
 *
 * What a layer costs is what it takes from the detections of a model in which it alone is pruned; those that cost most
 * a zero come first.
 *
 * @throws {UserError} when there are no images to search on.
 */
export async function rescue(
  pruner: Pruner,
  pruned: PrunedModel,
  checked: Checked,
  inputs: Inputs,
  workshop: Workshop,
): Promise<Chosen> {
  const search = await Search.open('rescue', pruner, checked, inputs, workshop);
  try {
    const { pass } = await search.attempt(pruned, [], percent(pruned.amount));
    if (!pass && pruned.changed) {
      const costly = await search.costliest(pruned);
      await fewest(Math.min(costly.length - 1, 2 ** MOST_TRIES - 2), async (count) => {
        const back = costly.slice(0, count);
        const name = `${percent(pruned.amount)} but for ${count === 1 ? '1 layer' : `${count} layers`}`;
        return search.attempt(giveBack(checked.model, pruned, new Set(back)), back, name);
      });
    }
    return search.finish((a, b) => a.sparsity - b.sparsity);
  } finally {
    await search.close();
  }
}

/** What a search is made of. */
interface SearchParts {
  readonly kind: ReportedSearch['kind'];
  readonly checked: Checked;
  readonly inputs: Inputs;
  readonly log: Log;
  readonly aside: SearchImages;
  readonly pool: DetectPool;
  readonly folder: ScratchFolder;
  readonly trials: Trials;
  readonly unpruned: ValidatedModel;
}

/** Tries pruned models on images of its own, and keeps the best of them. */
class Search {
  readonly #parts: SearchParts;
  readonly #figure: number;
  readonly #tries: (ReportedTry & { readonly pruned: PrunedModel })[] = [];
  /** Drop that is accepted on these images. */
  readonly accepted: number;

  static async open(
    kind: ReportedSearch['kind'],
    pruner: Pruner,
    checked: Checked,
    inputs: Inputs,
    { nativeBase, provider, timeUp, stop, log }: Workshop,
  ): Promise<Search> {
    const aside = await searchImages(checked, inputs, pruner.calibration);
    const what =
      aside.source === 'half'
        ? 'a half of the validation images, the other half judges'
        : 'labelled calibration images';
    log.info(`The search takes ${aside.images.length} images: ${what}`);
    const pool = startDetectPool(nativeBase, arrange(inputs.threads, provider), provider, timeUp);
    const folder = new ScratchFolder(stop);
    try {
      const trials = new Trials(pool, checked.plan, aside.images);
      const unpruned = await trials.validate(checked.modelFile);
      const verdict = await judgeTry(unpruned, unpruned, checked, inputs, checked.model.bytes, true);
      return new Search({ kind, checked, inputs, log, aside, pool, folder, trials, unpruned }, verdict);
    } catch (error) {
      folder.remove();
      await pool.close();
      throw error;
    }
  }

  /** @param verdict on the unpruned model itself. */
  private constructor(parts: SearchParts, verdict: Verdict) {
    this.#parts = parts;
    this.#figure = verdict.before;
    this.accepted = verdict.maxDrop;
  }

  /**
   * Tries a model. To pass, it must leave one standard error of the accepted drop, but no more than half of it, so that other
   * images are likely to agree; the rules `certain` and `safe` have a margin of their own.
   *
   * Source: the one-standard-error rule of Breiman et al., Classification and Regression Trees, 1984, section 3.4.3.
   */
  async attempt(pruned: PrunedModel, givenBack: readonly string[], name: string): Promise<Tried> {
    const { checked, inputs, folder, trials, unpruned, log } = this.#parts;
    const after = await trials.validate(folder.write('tried.onnx', pruned.bytes));
    const verdict = await judgeTry(unpruned, after, checked, inputs, pruned.bytes, true);
    const doubt = doubtOf(verdict);
    const reserve = verdict.confidence === 'point' ? Math.min(doubt, verdict.maxDrop / 2) : 0;
    const margin = verdict.maxDrop - verdict.drop - reserve;
    const tried = { ...tryOf(verdict, pruned, givenBack), pass: verdict.pass && margin >= 0 };
    this.#tries.push({ ...tried, pruned });
    log.info(tellTry(verdict, reserve, name));
    return { pass: tried.pass, margin, isDoubtful: !tried.pass && verdict.drop <= verdict.maxDrop + doubt };
  }

  /** Names of the pruned layers by what each zero in them costs, the costliest first. */
  async costliest(pruned: PrunedModel): Promise<readonly string[]> {
    const { trials, checked, folder, log } = this.#parts;
    const costs = await layerCosts(trials, checked, pruned, folder, log);
    return costs.toSorted((a, b) => b.lost / b.zeros - a.lost / a.zeros).map(({ name }) => name);
  }

  /** Takes the last by `order` of those that passed; where none did, the first that was tried by it. */
  finish(order: (a: ReportedTry, b: ReportedTry) => number): Chosen {
    const tries = this.#tries.toSorted(order);
    const best = tries.findLast(({ pass }) => pass) ?? tries[0]!;
    const { kind, aside, log } = this.#parts;
    const { source, images, judged } = aside;
    if (!best.pass) log.warning('Nothing that was tried passes on the images of the search.');
    return {
      pruned: best.pruned,
      dataset: judged,
      search: {
        kind,
        on: source,
        images: images.length,
        unpruned: this.#figure,
        accepted: this.accepted,
        tries: this.#tries.map(({ pruned: _, ...tried }) => tried),
        chosen: this.#tries.indexOf(best),
      },
      validation: null,
    };
  }

  async close(): Promise<void> {
    this.#parts.folder.remove();
    await this.#parts.pool.close();
  }
}

/** Standard error of the drop; 0 where the images could not be resampled. */
function doubtOf({ certainty }: Verdict): number {
  return certainty === null ? 0 : (certainty.high - certainty.low) / (2 * Z);
}
