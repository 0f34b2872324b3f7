import type { Backup } from '../files/backup.ts';
import type { HashedFile } from '../files/hashes.ts';
import type { PrunedModel } from '../prune/prune-model.ts';
import type { Interval } from './details.ts';
import { printable } from './escape.ts';
import type { Report } from './report.ts';

/** What sparsity does and does not give, said wherever sizes or times are shown. */
export const HONEST_SENTENCE =
  'ONNX Runtime runs zeros as fast as any other number, and the file keeps its size: what gets smaller is what is stored ' +
  'and sent compressed; what gets faster is another runtime with sparse kernels.';

/** A metric's figure, to the fourth decimal. */
export function figure(value: number): string {
  return value.toFixed(4);
}

/** From one end to the other of an interval. */
export function range({ low, high }: Interval): string {
  return `${figure(low)} … ${figure(high)}`.replaceAll('-', '−');
}

/** A change with its sign. */
export function signed(value: number, digits = 4): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

/** How sure the drop is, in words; empty where images could not be resampled. */
export function certaintyLine({ verdict, validation, details }: Report): string {
  const { certainty, maxDrop } = verdict;
  if (!certainty || !details.bootstrap) return '';
  const { low, high, probability, smallestDrop } = certainty;
  return (
    `95 % interval of the drop ${figure(low)} to ${figure(high)}; it exceeds ${figure(maxDrop)} with a probability of ` +
    `${probable(probability)}. A drop below ${figure(smallestDrop)} would not show on ${validation.images} images ` +
    `(${details.bootstrap.resamples.toLocaleString('en')} resamples).`
  );
}

/** A probability in percent: never as sure as 0 or 100, which no resamples can show. */
function probable(share: number): string {
  if (share < 0.001) return `less than ${percent(0.001)}`;
  return share > 0.999 ? `more than ${percent(0.999)}` : percent(share);
}

/** A share in percent with one decimal. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A share that may be small, in percent with two figures that count. */
export function smallPercent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** Bytes in decimal megabytes, as release pages show them. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

/** What pruning did. */
export function pruneLine({
  method,
  amount,
  layers,
  weights,
  zeros,
  sparsity,
  excluded,
}: PrunedModel): string {
  const leftAlone = excluded.length > 0 ? `; left alone: ${excluded.map(printable).join(', ')}` : '';
  return (
    `${method} ${percent(amount)}: ${zeros.toLocaleString('en')} of ${weights.toLocaleString('en')} weights in ` +
    `${layers.length} Conv layers are zero (${percent(sparsity)})${leftAlone}`
  );
}

/** Where the original is kept. */
export function backupLine({ path, created }: Backup, sha256: string): string {
  return `${created ? 'The original is kept as' : 'The original was already kept as'} ${path} (SHA-256 ${sha256})`;
}

/** What a model that is kept in several files becomes; the model's own path comes first. */
export function partsLine([model, ...data]: readonly HashedFile[]): string {
  const [first] = data as [HashedFile];
  const files = data.length === 1 ? first.path : `${first.path} and ${data.length - 1} more files`;
  return `The values of ${model!.path} come from ${files}; backup and pruned model hold them themselves, as one file each.`;
}

/** The verdict in one line. */
export function verdictLine({ verdict, validation }: Report): string {
  const { pass, metric, before, after, drop, maxDrop } = verdict;
  const change = drop >= 0 ? `drop ${figure(drop)}` : `gain ${figure(-drop)}`;
  return (
    `${pass ? 'PASS' : 'FAIL'}: ${metric} (${validation.decidedBy}) ${figure(before)} → ${figure(after)}, ` +
    `${change}, accepted ${figure(maxDrop)}`
  );
}

/** What became of the model. */
export function fateLine({ model, verdict }: Report): string {
  if (model.replaced) {
    const where =
      model.output === model.path
        ? `${model.path} is now the pruned model`
        : `The pruned model is at ${model.output}`;
    const beside = model.compressed === null ? '' : ` (compressed: ${model.compressed})`;
    return `${where}${beside}${verdict.pass ? '' : ' (on-fail: keep)'}; the original is kept as ${model.backup}`;
  }
  if (verdict.pass) return `${model.path} was already pruned like this and stays as it is`;
  return `${model.path} stays as it was`;
}

/** The end of the log: figures before and after, verdict, and what became of the model. */
export function verdictLines(report: Report): readonly string[] {
  const { before, after } = report.validation;
  const rows: readonly (readonly [string, number, number])[] = [
    ['P', before.P, after.P],
    ['R', before.R, after.R],
    ['mAP50', before.mAP50, after.mAP50],
    ['mAP50-95', before.mAP50_95, after.mAP50_95],
    ['AP (coco)', before.coco.AP, after.coco.AP],
    ['AR100 (coco)', before.coco.AR100, after.coco.AR100],
  ];
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(14) : cell.padStart(10))).join('');
  return [
    line([report.validation.protocol, 'before', 'after', 'change']),
    ...rows.map(([name, a, b]) =>
      line([name, figure(a), figure(b), (b - a >= 0 ? '+' : '') + figure(b - a)]),
    ),
    verdictLine(report),
    ...report.verdict.reasons,
    fateLine(report),
  ];
}
