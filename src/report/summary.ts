import { HUES } from './charts/draw.ts';
import { markdown, markdownCode, shortName } from './escape.ts';
import type { Report } from './report.ts';
import { classRows, figureRows, layerRows, ruleRows } from './rows.ts';
import { searchCells, searchHead, searchLine, searchRows } from './search.ts';
import {
  certaintyLine,
  figure,
  HONEST_SENTENCE,
  megabytes,
  partsLine,
  percent,
  range,
  signed,
  smallPercent,
} from './text.ts';

/** Somewhere to read on. */
export interface Link {
  readonly text: string;
  readonly url: string;
}

/** GitHub drops a larger job summary whole (limit 1,048,576 bytes). */
const SUMMARY_LIMIT = 1_000_000;

/** Characters of a sentence with names from outside. */
const LONGEST_SENTENCE = 400;

/** Said where something had to be left out. */
const SHORTENED = '*Parts are left out here because GitHub limits the length; report.html has everything.*';

/**
 * The job summary: the verdict first, then figures, classes, sizes and layers. Every number comes from the report. Parts are
 * left out from the end, and that is said, where all of it would be longer than the limit.
 *
 * @param limit bytes that the text may take.
 */
export function summaryMarkdown(report: Report, limit = SUMMARY_LIMIT, links: readonly Link[] = []): string {
  const parts = [
    verdictSection(report),
    links.map(({ text, url }) => `[${text}](${url})`).join(' · '),
    figuresTable(report),
    dropChart(report),
    searchTable(report),
    baselineTable(report),
    classesTable(report),
    rulesTable(report),
    effectTable(report),
    warningsList(report),
    layersTable(report),
  ].filter(Boolean);
  for (let kept = parts.length; kept > 0; kept--) {
    const text = [...parts.slice(0, kept), ...(kept < parts.length ? [SHORTENED] : [])]
      .join('\n\n')
      .concat('\n');
    if (Buffer.byteLength(text) <= limit) return text;
  }
  return `${SHORTENED}\n`;
}

function verdictSection(report: Report): string {
  const { verdict, model, validation, prune } = report;
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
    ...reasonLines(verdict.reasons),
    ...(verdict.certainty ? ['', markdown(certaintyLine(report))] : []),
    ...verdict.warnings.map((warning) => `\n> [!WARNING]\n> ${markdown(warning)}`),
    '',
    fate,
    ...(model.parts.length === 0 ? [] : ['', markdown(partsLine(model.parts))]),
  ].join('\n');
}

/** So many broken rules are told in sentences. */
const REASONS = 10;

function reasonLines(reasons: readonly string[]): readonly string[] {
  const shown = reasons.slice(0, REASONS).map((reason) => markdown(shortName(reason, LONGEST_SENTENCE)));
  const more = reasons.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more rules failed.`] : [])].map((line) => `- ${line}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, i) => (i === 0 ? ':--' : '--:'));
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function change(before: number, after: number): string {
  return signed(after - before);
}

function figuresTable(report: Report): string {
  return table(
    ['Metric', 'Protocol', 'Unpruned', 'Pruned', 'Change', 'Drop, 95 % interval'],
    figureRows(report).map(({ name, protocol, before, after, interval }) => [
      name,
      protocol,
      figure(before),
      figure(after),
      change(before, after),
      interval ? range(interval) : '–',
    ]),
  );
}

function searchTable(report: Report): string {
  const { search, verdict } = report;
  if (search === null) return '';
  return [
    '### How the amount was found',
    '',
    markdown(searchLine(report)),
    '',
    table(
      searchHead(search, verdict.metric),
      searchRows(search).map((row) => {
        const result = row.pass ? '✅' : row.isClose ? '❌ too close' : '❌';
        return searchCells(search, row, row.amount, `${result}${row.isTaken ? ' **taken**' : ''}`);
      }),
    ),
  ].join('\n');
}

/**
 * The drops as bars, under a line at what is accepted of the deciding metric: where nothing fell there is nothing to see.
 * Mermaid draws bars from the axis up, so that a gain is an empty place.
 */
function dropChart(report: Report): string {
  const { metric, maxDrop } = report.verdict;
  const rows = figureRows(report);
  const drops = rows.map(({ before, after }) => Math.max(before - after, 0));
  const most = Math.max(...drops, maxDrop);
  if (Math.max(...drops) < 5e-5) return '';
  const list = (values: readonly number[]) => `[${values.map(figure).join(', ')}]`;
  return [
    '```mermaid',
    `%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "${HUES.loss}, ${HUES.limit}"}}}}%%`,
    'xychart-beta',
    `  title "Drop of each metric; the line is what is accepted of ${metric}"`,
    `  x-axis [${rows.map(({ name, protocol }) => `"${name}${protocol === 'coco' ? ' (coco)' : ''}"`).join(', ')}]`,
    `  y-axis "drop" 0 --> ${figure(1.1 * most)}`,
    `  bar ${list(drops)}`,
    `  line ${list(rows.map(() => maxDrop))}`,
    '```',
  ].join('\n');
}

function baselineTable({ baseline }: Report): string {
  if (baseline === null) return '';
  const title = `### Against ${markdownCode(shortName(baseline.path))}`;
  if (baseline.differs !== null)
    return [title, '', `No comparison: ${markdown(shortName(baseline.differs, LONGEST_SENTENCE))}.`].join(
      '\n',
    );
  return [
    title,
    '',
    table(
      ['Metric', 'Protocol', 'Pruned then', 'Pruned now', 'Change'],
      baseline.figures.map(({ name, protocol, was, is }) => [
        markdown(name),
        markdown(protocol),
        figure(was),
        figure(is),
        change(was, is),
      ]),
    ),
  ].join('\n');
}

function classesTable(report: Report): string {
  const { total, rows } = classRows(report);
  const title = total > rows.length ? `The ${rows.length} classes of ${total} that lost most` : 'Classes';
  return [
    `### ${title} (mAP50-95, ${report.validation.protocol})`,
    '',
    table(
      ['Class', 'Boxes', 'Unpruned', 'Pruned', 'Change'],
      rows.map(({ name, labels, before, after }) => [
        markdown(shortName(name)),
        String(labels),
        figure(before),
        figure(after),
        change(before, after),
      ]),
    ),
  ].join('\n');
}

function rulesTable(report: Report): string {
  const rows = ruleRows(report);
  if (rows.length < 2) return '';
  return [
    '### Rules',
    '',
    table(
      ['Rule', 'Result', 'Finding'],
      rows.map(({ rule, pass, says }) => [
        markdownCode(rule),
        pass ? '✅' : '❌',
        markdown(shortName(says, LONGEST_SENTENCE)),
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
        ['File, zstd', megabytes(model.zstdBytesBefore), megabytes(model.zstdBytesAfter)],
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

function layersTable(report: Report): string {
  const { prune } = report;
  const { error, meaning, rows } = layerRows(report);
  return [
    `<details><summary>Sparsity and error of each layer</summary>`,
    '',
    table(
      ['Layer', 'Shape', 'Weights', 'Zeros', 'Sparsity', error],
      rows.map((row) => [
        markdownCode(shortName(row.name)),
        row.shape,
        String(row.weights),
        String(row.zeros),
        percent(row.sparsity),
        smallPercent(row.error),
      ]),
    ),
    '',
    `${error}: ${markdown(meaning)}.`,
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
