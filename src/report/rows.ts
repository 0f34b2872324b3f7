import type { RuleResult } from '../gate/rules.ts';
import type { Interval } from './details.ts';
import type { Report, ReportedMetrics } from './report.ts';

/** One figure before and after. */
export interface FigureRow {
  readonly name: string;
  readonly protocol: string;
  readonly before: number;
  readonly after: number;
  /** The 95 % interval of the drop, where it was resampled. */
  readonly interval: Interval | undefined;
}

/** One model's figures that every output shows. */
export type Figures = Pick<ReportedMetrics, 'mAP50_95' | 'mAP50' | 'P' | 'R'> & {
  readonly coco: Pick<ReportedMetrics['coco'], 'AP' | 'AP50' | 'AR100'>;
};

/** The figures that every output shows. */
export function figureRows({
  validation: { before, after, protocol },
  details,
}: {
  readonly validation: { readonly before: Figures; readonly after: Figures; readonly protocol: string };
  readonly details: Pick<Report['details'], 'bootstrap'>;
}): readonly FigureRow[] {
  const row = (name: string, key: string, rule: string, a: number, b: number): FigureRow => ({
    name,
    protocol: rule,
    before: a,
    after: b,
    interval: details.bootstrap?.figures[key],
  });
  return [
    row('mAP50-95', 'mAP50_95', protocol, before.mAP50_95, after.mAP50_95),
    row('mAP50', 'mAP50', protocol, before.mAP50, after.mAP50),
    row('P', 'P', protocol, before.P, after.P),
    row('R', 'R', protocol, before.R, after.R),
    row('AP', 'AP', 'coco', before.coco.AP, after.coco.AP),
    row('AP50', 'AP50', 'coco', before.coco.AP50, after.coco.AP50),
    row('AR100', 'AR100', 'coco', before.coco.AR100, after.coco.AR100),
  ];
}

/** One class before and after, by the family's mAP50-95. */
export interface ClassRow {
  readonly name: string;
  readonly labels: number;
  readonly before: number;
  readonly after: number;
}

/** Classes shown in the table of what lost most. */
const WORST_CLASSES = 10;

/** The classes that lost most, the worst first, and how many there are. */
export function classRows({ validation }: Report): {
  readonly total: number;
  readonly rows: readonly ClassRow[];
} {
  const after = new Map(validation.after.perClass.map((row) => [row.id, row.AP50_95]));
  const rows = validation.before.perClass
    .map(({ id, name, labels, AP50_95 }) => ({ name, labels, before: AP50_95, after: after.get(id) ?? 0 }))
    .toSorted((a, b) => b.before - b.after - (a.before - a.after));
  return { total: rows.length, rows: rows.slice(0, WORST_CLASSES) };
}

/** Rules that are listed at most: a rule over all classes makes one result a class. */
const RULES = 40;

/** The rules' results, the failed ones first; a rule over all classes tells only of those that broke it. */
export function ruleRows({ verdict }: Report): readonly RuleResult[] {
  return verdict.rules
    .filter(({ pass, rule }) => !pass || !rule.includes('per-class'))
    .toSorted((a, b) => Number(a.pass) - Number(b.pass))
    .slice(0, RULES);
}

/** One layer: how much of it is zero, and what that changes. */
export interface LayerRow {
  readonly name: string;
  readonly shape: string;
  readonly weights: number;
  readonly zeros: number;
  readonly sparsity: number;
  readonly error: number;
}

/**
 * The layers with their error: of what they put out where calibration images were looked at, else of their weights.
 */
export function layerRows({ prune }: Report): {
  readonly error: 'Output error' | 'Energy lost';
  readonly meaning: string;
  readonly rows: readonly LayerRow[];
} {
  const measured = prune.layers.some(({ outputError }) => outputError !== null);
  return {
    error: measured ? 'Output error' : 'Energy lost',
    meaning: measured
      ? 'energy of what the layer puts out otherwise, as a share of the energy of its output on the calibration images'
      : 'share of Σ w² that the weights had which are zero now',
    rows: prune.layers.map(({ name, shape, weights, zeros, energyLost, outputError }) => ({
      name,
      shape: shape.join('×'),
      weights,
      zeros,
      sparsity: zeros / weights,
      error: measured ? (outputError ?? 0) : energyLost,
    })),
  };
}
