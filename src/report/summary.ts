import { markdown, markdownCode, shortName } from './escape.ts';
import type { Report } from './report.ts';
import { figure, HONEST_SENTENCE, megabytes, percent } from './text.ts';

/** Classes shown in the table of what lost most. */
const WORST_CLASSES = 10;

/** The job summary: the verdict first, then figures, classes, sizes and layers. Every number comes from the report. */
export function summaryMarkdown(report: Report): string {
  return [
    verdictSection(report),
    figuresTable(report),
    classesTable(report),
    effectTable(report),
    layersTable(report),
    warningsList(report),
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
}

function verdictSection({ verdict, model, validation, prune }: Report): string {
  const { pass, metric, before, after, drop, maxDrop } = verdict;
  const change = drop >= 0 ? `dropped by **${figure(drop)}**` : `rose by **${figure(-drop)}**`;
  const fate = model.replaced
    ? `${markdownCode(model.output)} is the pruned model; the original is kept as ${markdownCode(model.backup ?? '')}.`
    : pass
      ? `${markdownCode(model.path)} was already pruned like this and stays as it is.`
      : `${markdownCode(model.path)} stays as it was.`;
  return [
    `## ${pass ? '✅ Pruning passed' : '❌ Pruning failed'}: ${metric} ${figure(before)} → ${figure(after)}`,
    '',
    `${metric} (${validation.decidedBy}) ${change}; ${figure(maxDrop)} is accepted. ` +
      `Method ${markdownCode(prune.method)}, amount ${percent(prune.amount)}, ${validation.images} images, ${validation.labels} boxes.`,
    ...verdict.reasons.map((reason) => `- ${markdown(reason)}`),
    '',
    fate,
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, i) => (i === 0 ? ':--' : '--:'));
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function change(before: number, after: number): string {
  return `${after >= before ? '+' : '−'}${figure(Math.abs(after - before))}`;
}

function figuresTable({ validation }: Report): string {
  const { before, after, protocol } = validation;
  const rows: readonly (readonly [string, string, number, number])[] = [
    ['mAP50-95', protocol, before.mAP50_95, after.mAP50_95],
    ['mAP50', protocol, before.mAP50, after.mAP50],
    ['P', protocol, before.P, after.P],
    ['R', protocol, before.R, after.R],
    ['AP', 'coco', before.coco.AP, after.coco.AP],
    ['AP50', 'coco', before.coco.AP50, after.coco.AP50],
    ['AR100', 'coco', before.coco.AR100, after.coco.AR100],
  ];
  return table(
    ['Metric', 'Protocol', 'Unpruned', 'Pruned', 'Change'],
    rows.map(([name, rule, a, b]) => [name, rule, figure(a), figure(b), change(a, b)]),
  );
}

function classesTable({ validation }: Report): string {
  const { before, after, protocol } = validation;
  const afterById = new Map(after.perClass.map((row) => [row.id, row]));
  const rows = before.perClass
    .map((row) => ({ ...row, pruned: afterById.get(row.id)?.AP50_95 ?? 0 }))
    .toSorted((a, b) => a.pruned - a.AP50_95 - (b.pruned - b.AP50_95) || a.id - b.id);
  const shown = rows.slice(0, WORST_CLASSES);
  const title =
    rows.length > shown.length ? `The ${shown.length} classes of ${rows.length} that lost most` : 'Classes';
  return [
    `### ${title} (mAP50-95, ${protocol})`,
    '',
    table(
      ['Class', 'Boxes', 'Unpruned', 'Pruned', 'Change'],
      shown.map((row) => [
        markdown(shortName(row.name)),
        String(row.labels),
        figure(row.AP50_95),
        figure(row.pruned),
        change(row.AP50_95, row.pruned),
      ]),
    ),
  ].join('\n');
}

function effectTable({ model, prune, timing, validation }: Report): string {
  const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
  return [
    '### What it gives',
    '',
    table(
      ['', 'Unpruned', 'Pruned'],
      [
        ['File', megabytes(model.bytes), megabytes(model.bytes)],
        ['File, gzip', megabytes(model.gzipBytesBefore), megabytes(model.gzipBytesAfter)],
        [
          `Inference an image (${validation.device}, median)`,
          milliseconds(timing.inferenceMillisecondsBefore),
          milliseconds(timing.inferenceMillisecondsAfter),
        ],
      ],
    ),
    '',
    `${percent(prune.sparsity)} of ${prune.weights.toLocaleString('en')} Conv weights are zero. ${HONEST_SENTENCE}`,
  ].join('\n');
}

function layersTable({ prune }: Report): string {
  return [
    '<details><summary>Sparsity of each layer</summary>',
    '',
    table(
      ['Layer', 'Shape', 'Weights', 'Zeros', 'Sparsity'],
      prune.layers.map(({ name, shape, weights, zeros }) => [
        markdownCode(shortName(name)),
        shape.join('×'),
        String(weights),
        String(zeros),
        percent(zeros / weights),
      ]),
    ),
    ...(prune.excluded.length > 0
      ? ['', `Left alone: ${prune.excluded.map((name) => markdownCode(shortName(name))).join(', ')}`]
      : []),
    '',
    '</details>',
  ].join('\n');
}

function warningsList({ validation }: Report): string {
  const warnings = [...validation.warnings, ...validation.unreadable.map(({ reason }) => reason)];
  return warnings.length === 0
    ? ''
    : ['### Warnings', '', ...warnings.map((text) => `- ${markdown(text)}`)].join('\n');
}
