import { reportCharts } from './charts/charts.ts';
import type { Chart } from './charts/draw.ts';
import { html, shortName } from './escape.ts';
import { pictureSection } from './html-pictures.ts';
import { STYLE } from './html-style.ts';
import type { PictureFiles } from './pictures.ts';
import type { Report } from './report.ts';
import { classRows, figureRows, layerRows, ruleRows } from './rows.ts';
import { searchCells, searchHead, searchLine, searchRows } from './search.ts';
import {
  certaintyLine,
  fateLine,
  figure,
  HONEST_SENTENCE,
  megabytes,
  partsLine,
  percent,
  range,
  signed,
  smallPercent,
} from './text.ts';

/**
 * The whole report as one page, light and dark: no script, no link, nothing from the network, which its own policy forbids.
 *
 * @param charts those of {@link reportCharts}, where the caller has drawn them already.
 */
export function reportHtml(
  report: Report,
  pictures: PictureFiles,
  charts: readonly Chart[] = reportCharts(report),
): string {
  const chart = (...names: readonly string[]) => names.map((name) => chartFigure(charts, name)).join('\n');
  const { verdict, details } = report;
  const title = `${verdict.pass ? 'Pruning passed' : 'Pruning failed'}: ${verdict.metric} ${figure(verdict.before)} → ${figure(verdict.after)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header class="${verdict.pass ? 'pass' : 'fail'}">
${headline(report)}
</header>
<main>
${section('Figures', `${figuresTable(report)}${details.bootstrap ? `<div class="charts one">${chart('drop-histogram')}</div>` : ''}`, 'figures')}
${searchSection(report, chart('sparsity'))}
${baselineSection(report)}
${section('Classes', `<div class="pair"><div>${classesTable(report)}</div>${chart('class-drops')}</div>`)}
${pictureSection(report, pictures)}
${section('Curves', `<div class="charts">${chart('precision-recall', 'f1-confidence', 'precision-confidence', 'recall-confidence')}</div>`)}
${section('Confusion', `<p>Each column shows what became of the labels of one class: on the diagonal they were found, in the last row they were missed. The last column is what was seen where nothing is.</p><div class="charts">${chart('confusion-before', 'confusion-after')}</div>`)}
${section('What it gives', effect(report))}
${section('Layers', `<div class="charts">${chart('layers', 'layer-errors')}</div>${layersTable(report)}`)}
${rulesSection(report)}
${warningsSection(report)}
${section('How this was measured', provenance(report))}
</main>
</body>
</html>
`;
}

function section(title: string, body: string, className = ''): string {
  const id = title.toLowerCase().replaceAll(' ', '-');
  return `<section aria-labelledby="${id}"${className && ` class="${className}"`}><h2 id="${id}">${title}</h2>\n${body}\n</section>`;
}

function headline(report: Report): string {
  const { verdict, prune, model, validation } = report;
  const { pass, metric, before, after, drop, maxDrop, certainty } = verdict;
  const tiles = [
    [`${metric}, ${validation.decidedBy}`, `${figure(before)} → ${figure(after)}`],
    [drop >= 0 ? 'Drop' : 'Gain', figure(Math.abs(drop)), `${figure(maxDrop)} accepted`],
    ...(certainty ? [['95 % interval of the drop', range(certainty)]] : []),
    ['Zeros', percent(prune.sparsity), `${html(prune.method)}, amount ${percent(prune.amount)}`],
    ['Compressed (gzip)', megabytes(model.gzipBytesAfter), `was ${megabytes(model.gzipBytesBefore)}`],
  ];
  return [
    `<p class="badge">${pass ? 'Passed' : 'Failed'}</p>`,
    `<h1>${pass ? 'The pruned model may be used' : 'The pruned model lost too much'}</h1>`,
    `<dl class="tiles">${tiles.map(([name, value, note]) => `<div><dt>${html(name!)}</dt><dd>${value}${note ? `<small>${note}</small>` : ''}</dd></div>`).join('')}</dl>`,
    certainty ? `<p>${html(certaintyLine(report)).replaceAll(' %', '&nbsp;%')}</p>` : '',
    verdict.reasons.length > 0
      ? `<ul class="reasons">${verdict.reasons.map((reason) => `<li>${html(reason)}</li>`).join('')}</ul>`
      : '',
    ...verdict.warnings.map((warning) => `<p class="warning">${html(warning)}</p>`),
    `<p class="fate">${html(fateLine(report))}.</p>`,
  ].join('\n');
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    cells
      .map((cell, i) =>
        i === 0 && tag === 'td'
          ? `<th scope="row">${cell}</th>`
          : `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${cell}</${tag}>`,
      )
      .join('');
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${line(head, 'th')}</tr></thead>` +
    `<tbody>${rows.map((row) => `<tr>${line(row, 'td')}</tr>`).join('')}</tbody></table></div>`
  );
}

/** A change with its colour: what fell is marked, what rose as well. */
function changeCell(before: number, after: number): string {
  const change = after - before;
  const kind = Math.abs(change) < 5e-5 ? 'same' : change < 0 ? 'down' : 'up';
  return `<span class="${kind}">${signed(change)}</span>`;
}

function figuresTable(report: Report): string {
  const rows = figureRows(report).map(({ name, protocol, before, after, interval }) => [
    `${name} <small>${protocol}</small>`,
    figure(before),
    figure(after),
    changeCell(before, after),
    interval ? range(interval) : '–',
  ]);
  return table('Figures of both models', ['Metric', 'Unpruned', 'Pruned', 'Change', 'Drop, 95 %'], rows);
}

function searchSection(report: Report, chart: string): string {
  const { search, verdict } = report;
  if (search === null) return '';
  const rows = searchRows(search).map((row) => {
    const amount = row.isTaken ? `<strong>${row.amount}</strong>` : row.amount;
    const result = row.pass ? 'passes' : row.isClose ? 'too close' : 'fails';
    const marked = `<span class="${row.pass ? 'up' : 'down'}">${result}</span>${row.isTaken ? ', <strong>taken</strong>' : ''}`;
    return searchCells(search, row, amount, marked);
  });
  return section(
    'How the amount was found',
    `<p>${html(searchLine(report))}</p><div class="pair"><div>${table('Every model that was tried', searchHead(search, verdict.metric), rows)}</div>${chart}</div>`,
  );
}

function baselineSection({ baseline }: Report): string {
  if (baseline === null) return '';
  const rows = baseline.figures.map(({ name, protocol, was, is }) => [
    `${html(name)} <small>${html(protocol)}</small>`,
    figure(was),
    figure(is),
    changeCell(was, is),
  ]);
  return section(
    'Against the baseline',
    baseline.differs === null
      ? table(
          `Pruned model of ${html(shortName(baseline.path))}, and this one`,
          ['Metric', 'Then', 'Now', 'Change'],
          rows,
        )
      : `<p>No comparison with ${html(shortName(baseline.path))}: ${html(baseline.differs)}.</p>`,
  );
}

function classesTable(report: Report): string {
  const { total, rows } = classRows(report);
  const caption =
    rows.length < total
      ? `The ${rows.length} classes of ${total} that lost most, mAP50-95`
      : 'mAP50-95 of each class';
  return table(
    caption,
    ['Class', 'Labels', 'Unpruned', 'Pruned', 'Change'],
    rows.map(({ name, labels, before, after }) => [
      `<bdi>${html(shortName(name, 40))}</bdi>`,
      String(labels),
      figure(before),
      figure(after),
      changeCell(before, after),
    ]),
  );
}

function effect({ model, timing, prune, validation }: Report): string {
  const share = (before: number, after: number) => `${signed((100 * (after - before)) / before, 1)} %`;
  const sizes = [
    ['File', model.bytes, model.bytes],
    ['File, gzip', model.gzipBytesBefore, model.gzipBytesAfter],
    ['File, zstd', model.zstdBytesBefore, model.zstdBytesAfter],
  ] as const;
  const { inferenceMillisecondsBefore: slow, inferenceMillisecondsAfter: quick } = timing;
  return `${table(
    'Size and speed',
    ['', 'Unpruned', 'Pruned', 'Change'],
    [
      ...sizes.map(([name, before, after]) => [
        name,
        megabytes(before),
        megabytes(after),
        share(before, after),
      ]),
      [
        `Inference an image (${html(validation.device)}, median)`,
        `${slow.toFixed(1)} ms`,
        `${quick.toFixed(1)} ms`,
        slow > 0 ? share(slow, quick) : '–',
      ],
    ],
  )}<p>${percent(prune.sparsity)} of ${prune.weights.toLocaleString('en')} Conv weights are zero. ${HONEST_SENTENCE}</p>`;
}

function layersTable(report: Report): string {
  const { prune } = report;
  const { error, meaning, rows: layers } = layerRows(report);
  const rows = layers.map(({ name, shape, weights, zeros, sparsity, error }, i) => [
    String(i + 1),
    `<code>${html(shortName(name))}</code>`,
    shape,
    weights.toLocaleString('en'),
    zeros.toLocaleString('en'),
    percent(sparsity),
    smallPercent(error),
  ]);
  const excluded = prune.excluded.map((name) => `<code>${html(shortName(name))}</code>`).join(', ');
  return (
    `<details><summary>All ${prune.layers.length} layers</summary>` +
    `${table('Sparsity and error of each layer', ['', 'Layer', 'Shape', 'Weights', 'Zeros', 'Sparsity', error], rows)}</details>` +
    `<p>${error}: ${html(meaning)}.</p>` +
    `${excluded && `<p>Left alone: ${excluded}</p>`}`
  );
}

function rulesSection(report: Report): string {
  const rows = ruleRows(report);
  if (rows.length < 2) return '';
  return section(
    'Rules',
    table(
      'Every rule and what it found',
      ['Rule', 'Result', 'Finding'],
      rows.map(({ rule, pass, says }) => [
        `<code>${html(rule)}</code>`,
        pass ? '<span class="up">passed</span>' : '<span class="down">failed</span>',
        `<span class="says">${html(says)}</span>`,
      ]),
    ),
  );
}

function warningsSection({ validation }: Report): string {
  const warnings = [...validation.warnings, ...validation.unreadable.map(({ reason }) => reason)];
  if (warnings.length === 0) return '';
  return section('Warnings', `<ul>${warnings.map((text) => `<li>${html(text)}</li>`).join('')}</ul>`);
}

function provenance({ validation, timing, model }: Report): string {
  const rows = [
    ['Model', html(model.parts.length === 0 ? model.path : partsLine(model.parts))],
    [
      'Images and labels',
      `${validation.images} images, ${validation.labels} labels, split ${html(validation.split)}`,
    ],
    [
      'Rules',
      `${validation.protocol}; confidence above ${validation.conf}, NMS IoU ${validation.iou}, at most ${validation.maxDet} detections an image`,
    ],
    ['Input', `${validation.imgsz.join('×')} pixels${validation.rect ? ', in rectangles' : ''}`],
    ['Runtime', `${html(validation.runtime)}, ${html(validation.device)} (${html(validation.deviceReason)})`],
    ['Time', timeOf(timing)],
    ['SHA-256 before', `<code>${model.sha256Before}</code>`],
    ['SHA-256 after', `<code>${model.sha256After}</code>`],
  ];
  return `<dl class="facts">${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function timeOf({ totalSeconds, imagesPerSecond, unprunedRemembered }: Report['timing']): string {
  const remembered = unprunedRemembered ? '; the unpruned model was remembered from an earlier run' : '';
  return `${totalSeconds.toFixed(1)} s, ${imagesPerSecond.toFixed(1)} images a second${remembered}`;
}

function chartFigure(charts: readonly Chart[], name: string): string {
  const chart = charts.find((candidate) => candidate.name === name);
  if (!chart) return '';
  const { svg, width, height, title, description } = chart;
  // A drawing scales with the page instead of having a size of its own.
  const inline = svg.replace(
    /^<svg[^>]*>/,
    `<svg viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${html(description)}">`,
  );
  return `<figure class="chart"><figcaption>${html(title)}</figcaption>${inline}</figure>`;
}
