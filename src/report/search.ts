import type { Report } from './report.ts';
import { figure, percent } from './text.ts';

/** What an amount was searched on: labelled calibration images, a half of the validation images, or all that also judge. */
export type SearchedOn = 'calibration' | 'half' | 'validation';

/** One pruned model that was tried. */
export interface ReportedTry {
  readonly amount: number;
  readonly sparsity: number;
  /** The deciding metric on the images that it was tried on. */
  readonly figure: number;
  readonly drop: number;
  /** Whether every rule held there. */
  readonly pass: boolean;
  /** Names of the weights that were given back. */
  readonly givenBack: readonly string[];
}

/** How the amount was found, where it was not simply given. */
export interface ReportedSearch {
  readonly kind: 'auto' | 'sweep' | 'rescue';
  readonly on: SearchedOn;
  readonly images: number;
  /** The deciding metric of the unpruned model on these images, and the drop that was accepted there. */
  readonly unpruned: number;
  readonly accepted: number;
  /** In the order in which they were tried. */
  readonly tries: readonly ReportedTry[];
  /** Which of them was taken: the best that passed, or the gentlest where none did. */
  readonly chosen: number;
}

/** How the amount was found, in a sentence. */
export function searchLine({ verdict, search, validation }: Report): string {
  if (search === null) return '';
  const { kind, on, tries, chosen, images } = search;
  const taken = tries[chosen]!;
  const where = {
    calibration: `${images} labelled calibration images, none of which is among the ${validation.images} that judge it`,
    half: `${images} of the validation images, and judged by the other ${validation.images}`,
    validation: `the ${validation.images} images that judge it`,
  }[on];
  const passed = taken.pass
    ? {
        auto: 'the largest that passes',
        sweep: 'the largest that passes',
        rescue: rescued(taken, tries.length),
      }[kind]
    : 'the gentlest, for none passes';
  const spare =
    on === 'validation'
      ? ''
      : ' There a model passes with one standard error of the drop to spare, so that other images are likely to agree.';
  return `Of ${tries.length} pruned ${tries.length === 1 ? 'model' : 'models'} this is ${passed}, by ${verdict.metric} on ${where}.${spare}`;
}

function rescued({ givenBack }: ReportedTry, tries: number): string {
  if (givenBack.length === 0)
    return tries === 1 ? 'one that passes as it is' : 'the one that passes as it is';
  return `the one that passes with fewest layers given back (${givenBack.length})`;
}

/** Every model that was tried, by its share of zeros, as cells: what it is, layers given back, zeros, figure, drop, result. */
export function searchRows({ on, accepted, tries, chosen }: ReportedSearch): readonly SearchRow[] {
  return tries
    .map((tried, i) => ({ ...tried, isTaken: i === chosen }))
    .toSorted((a, b) => a.sparsity - b.sparsity)
    .map(({ amount, givenBack, sparsity, figure: value, drop, pass, isTaken }) => ({
      amount: percent(amount),
      givenBack: String(givenBack.length),
      sparsity: percent(sparsity),
      figure: figure(value),
      drop: figure(drop),
      pass,
      // It kept to what is accepted, but had too little to spare.
      isClose: !pass && on !== 'validation' && drop <= accepted,
      isTaken,
    }));
}

/** What {@link searchCells} are. */
export function searchHead({ kind }: ReportedSearch, metric: string): readonly string[] {
  return ['Amount', ...(kind === 'rescue' ? ['Layers given back'] : []), 'Zeros', metric, 'Drop', 'Result'];
}

/** A row as cells; `amount` and `result` as the page wants them. */
export function searchCells(
  { kind }: ReportedSearch,
  { givenBack, sparsity, figure: value, drop }: SearchRow,
  amount: string,
  result: string,
): readonly string[] {
  return [amount, ...(kind === 'rescue' ? [givenBack] : []), sparsity, value, drop, result];
}

export interface SearchRow {
  readonly amount: string;
  readonly givenBack: string;
  readonly sparsity: string;
  readonly figure: string;
  readonly drop: string;
  readonly pass: boolean;
  readonly isClose: boolean;
  readonly isTaken: boolean;
}
