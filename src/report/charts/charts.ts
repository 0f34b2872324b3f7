import type { Interval } from '../details.ts';
import { shortName } from '../escape.ts';
import type { Report } from '../report.ts';
import { layerRows } from '../rows.ts';
import { figure, percent, smallPercent } from '../text.ts';
import { confusionChart } from './confusion.ts';
import { axis, type Chart, draw, HUES, INKS, label } from './draw.ts';
import { searchChart } from './search.ts';

/** Characters of a name beside an axis. */
const AXIS_NAME = 18;
const CLASSES = 20;
const LAYERS = 200;

/** All charts of a report, in the order in which they are shown. */
export function reportCharts(report: Report): readonly Chart[] {
  const { curves, confusion } = report.details;
  return [
    ...(report.search ? [searchChart(report.verdict.metric, report.search)] : []),
    ...(report.details.bootstrap ? [dropHistogram(report, report.details.bootstrap)] : []),
    classDrops(report),
    precisionRecall(report),
    overConfidence(report, 'F1', 'F1'),
    overConfidence(report, 'P', 'Precision'),
    overConfidence(report, 'R', 'Recall'),
    confusionChart(report, 'before', confusion.before, curves.before.best),
    confusionChart(report, 'after', confusion.after, curves.before.best),
    layers(report),
    layerErrors(report),
  ];
}

function dropHistogram(
  { verdict }: Report,
  { histogram, resamples }: NonNullable<Report['details']['bootstrap']>,
): Chart {
  const { low, high, counts } = histogram;
  const width = (high - low) / Math.max(counts.length, 1);
  const centre = (i: number) => low + (i + 0.5) * width;
  const { certainty, drop, maxDrop } = verdict;
  const mark = (value: number, name: string, color: string, type: string) => ({
    xAxis: value,
    label: { formatter: name, color, fontSize: 11, fontWeight: 'bold' },
    lineStyle: { color, type, width: 2 },
  });
  return draw({
    name: 'drop-histogram',
    title: `Drop of ${verdict.metric} in ${resamples.toLocaleString('en')} resamples`,
    description:
      `Histogram of the drop from ${figure(low)} to ${figure(high)}; the plain drop is ${figure(drop)}, ` +
      `${figure(maxDrop)} is accepted.`,
    option: {
      grid: { left: 44, right: 20, top: 34, bottom: 44 },
      xAxis: axis('drop', { type: 'value', scale: true, splitLine: { show: false } }),
      yAxis: axis('', { type: 'value', minInterval: 1 }),
      series: [
        {
          type: 'bar',
          barWidth: '96%',
          data: counts.map((count, i) => ({
            value: [centre(i), count],
            itemStyle: {
              color: centre(i) > maxDrop ? HUES.loss : HUES.after,
              opacity: certainty && (centre(i) < certainty.low || centre(i) > certainty.high) ? 0.35 : 0.9,
            },
          })),
          markLine: {
            symbol: 'none',
            // Marks are rounded to two decimals unless told otherwise.
            precision: 6,
            data: [
              mark(drop, 'drop', INKS.text, 'solid'),
              ...(maxDrop >= low - (high - low) && maxDrop <= high + (high - low)
                ? [mark(maxDrop, 'accepted', HUES.limit, 'dashed')]
                : []),
            ],
          },
        },
        // An unseen point that stretches the axis to where the limit is.
        {
          type: 'line',
          data: [[Math.min(Math.max(maxDrop, low - (high - low)), high + (high - low)), 0]],
          symbol: 'none',
        },
      ],
    },
  });
}

function classDrops({ validation, details }: Report): Chart {
  const after = new Map(validation.after.perClass.map((row) => [row.id, row.AP50_95]));
  const intervals = new Map(details.bootstrap?.perClass.map((interval) => [interval.id, interval]));
  const rows = validation.before.perClass
    .map(({ id, name, AP50_95 }) => ({
      name,
      drop: AP50_95 - (after.get(id) ?? 0),
      interval: intervals.get(id),
    }))
    .toSorted((a, b) => b.drop - a.drop)
    .slice(0, CLASSES)
    .toReversed();
  return draw({
    name: 'class-drops',
    title:
      rows.length < validation.before.perClass.length
        ? `The ${rows.length} classes that lost most`
        : 'Drop of each class',
    description: `Drop of mAP50-95 per class with 95 % intervals; most: ${rows.at(-1) ? `${shortName(rows.at(-1)!.name, AXIS_NAME)} ${figure(rows.at(-1)!.drop)}` : 'none'}.`,
    height: Math.max(140, 70 + rows.length * 18),
    option: {
      grid: { left: 120, right: 20, top: 12, bottom: 44 },
      xAxis: axis('drop of mAP50-95', { type: 'value', ...rangeOf(rows) }),
      yAxis: axis('', {
        type: 'category',
        data: rows.map(({ name }) => label(name, AXIS_NAME)),
        splitLine: { show: false },
      }),
      series: [
        {
          type: 'bar',
          barMaxWidth: 12,
          data: rows.map(({ drop }) => ({
            value: drop,
            itemStyle: { color: drop > 0 ? HUES.loss : HUES.after, opacity: 0.85 },
          })),
        },
        {
          type: 'custom',
          z: 5,
          data: rows.flatMap(({ interval }, i) => (interval ? [[interval.low, interval.high, i]] : [])),
          renderItem: whisker,
        },
      ],
    },
  });
}

/** An axis that holds bars and whiskers: the library looks at the bars alone. */
function rangeOf(rows: readonly { readonly drop: number; readonly interval: Interval | undefined }[]): {
  readonly min: number;
  readonly max: number;
} {
  const ends = rows.flatMap(({ drop, interval }) => [drop, interval?.low ?? 0, interval?.high ?? 0]);
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const step = most - least > 0.5 ? 0.2 : most - least > 0.2 ? 0.1 : 0.05;
  return { min: Math.floor(least / step) * step, max: Math.ceil(most / step) * step || step };
}

/** What ECharts hands to a drawing function, as far as it is used. */
interface Coordinates {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly [number, number];
}

function whisker(_: unknown, { value, coord }: Coordinates): object {
  const [low, y] = coord([value(0), value(2)]);
  const [high] = coord([value(1), value(2)]);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: INKS.text, lineWidth: 1.5 },
  });
  return {
    type: 'group',
    children: [line(low, y, high, y), line(low, y - 4, low, y + 4), line(high, y - 4, high, y + 4)],
  };
}

type Line = readonly (readonly [number, number])[];

function points(line: readonly number[]): Line {
  return line.map((value, i) => [i / (line.length - 1), value] as const);
}

function model(name: string, data: Line, color: string, more: object = {}): object {
  return {
    type: 'line',
    name,
    data,
    showSymbol: false,
    lineStyle: { color, width: 2.5 },
    itemStyle: { color },
    ...more,
  };
}

const FROM_0_TO_1 = { type: 'value', min: 0, max: 1 };
const LEGEND = {
  itemGap: 22,
  top: 0,
  textStyle: { color: INKS.text },
  data: ['unpruned', 'pruned'],
  icon: 'roundRect',
  itemHeight: 4,
};

function precisionRecall({ details }: Report): Chart {
  const { before, after } = details.curves;
  const faint = after.perClass.map(({ PR }) =>
    model('', points(PR), HUES.after, {
      lineStyle: { color: HUES.after, width: 1, opacity: 0.22 },
      silent: true,
    }),
  );
  return draw({
    name: 'precision-recall',
    title: 'Precision over recall at IoU 0.5',
    description: 'Mean of all classes before and after; faint lines are the classes of the pruned model.',
    option: {
      legend: LEGEND,
      grid: { left: 48, right: 16, top: 30, bottom: 44 },
      xAxis: axis('recall', FROM_0_TO_1),
      yAxis: axis('precision', { ...FROM_0_TO_1, nameGap: 32 }),
      series: [
        ...faint,
        model('unpruned', points(before.mean.PR), HUES.before),
        model('pruned', points(after.mean.PR), HUES.after),
      ],
    },
  });
}

function overConfidence({ details }: Report, line: 'F1' | 'P' | 'R', name: string): Chart {
  const { before, after } = details.curves;
  const best = (data: readonly number[]) => figure(Math.max(...data));
  return draw({
    name: `${name.toLowerCase()}-confidence`,
    title: `${name} over confidence`,
    description: `${name} of all classes, mean; highest ${best(before.mean[line])} before and ${best(after.mean[line])} after.`,
    option: {
      legend: LEGEND,
      grid: { left: 48, right: 16, top: 30, bottom: 44 },
      xAxis: axis('confidence', FROM_0_TO_1),
      yAxis: axis(name, { ...FROM_0_TO_1, nameGap: 32 }),
      series: [
        model('unpruned', points(before.mean[line]), HUES.before),
        model('pruned', points(after.mean[line]), HUES.after),
      ],
    },
  });
}

function layers(report: Report): Chart {
  const { prune } = report;
  return layerBars(
    layerRows(report).rows.map(({ sparsity }) => sparsity),
    {
      name: 'layers',
      title: 'Sparsity of each layer',
      description: `Share of zeros in ${prune.layers.length} Conv layers in graph order; ${percent(prune.sparsity)} of all weights.`,
      color: HUES.after,
      axisName: 'sparsity, %',
      most: 100,
    },
  );
}

function layerErrors(report: Report): Chart {
  const { error, meaning, rows } = layerRows(report);
  const worst = rows.reduce((most, row) => Math.max(most, row.error), 0);
  return layerBars(
    rows.map((row) => row.error),
    {
      name: 'layer-errors',
      title: `${error} of each layer`,
      description: `${error} in graph order, the ${meaning}; at most ${smallPercent(worst)}.`,
      color: HUES.loss,
      axisName: `${error.toLowerCase()}, %`,
    },
  );
}

/** @param shares of each layer, in graph order. */
function layerBars(
  shares: readonly number[],
  {
    color,
    axisName,
    most,
    ...what
  }: Pick<Chart, 'name' | 'title' | 'description'> & {
    readonly color: string;
    readonly axisName: string;
    readonly most?: number;
  },
): Chart {
  const shown = shares.slice(0, LAYERS);
  return draw({
    ...what,
    option: {
      grid: { left: 52, right: 16, top: 16, bottom: 44 },
      xAxis: axis('layer', {
        type: 'category',
        data: shown.map((_, i) => String(i + 1)),
        axisLabel: { color: INKS.text, fontSize: 11, hideOverlap: true },
      }),
      yAxis: axis(axisName, { type: 'value', min: 0, max: most, nameGap: 34 }),
      series: [
        {
          type: 'bar',
          data: shown.map((share) => 100 * share),
          itemStyle: { color, opacity: 0.85 },
        },
      ],
    },
  });
}
