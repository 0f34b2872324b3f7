import type { ReportedConfusion } from '../details.ts';
import type { Report } from '../report.ts';
import { axis, type Chart, draw, HUES, INKS, label } from './draw.ts';

/** Classes beyond these would be too small to read: those with most labels are shown. */
const SHOWN = 20;
const BACKGROUND = 'background';

/** What was taken for itself, and for something else. */
const HUES_BY_SERIES = [HUES.after, HUES.loss];

/** Which class was taken for which, each column by its labels. */
export function confusionChart(
  { validation }: Report,
  which: 'before' | 'after',
  { classes, cells }: ReportedConfusion,
  conf: number,
): Chart {
  const labelled = validation.before.perClass
    .toSorted((a, b) => b.labels - a.labels)
    .slice(0, SHOWN)
    .toSorted((a, b) => a.id - b.id);
  const names = [...labelled.map(({ name }) => label(name, 12)), BACKGROUND];
  const place = new Map([
    ...labelled.map(({ id }, i) => [id, i] as const),
    [classes, labelled.length] as const,
  ]);
  const totals = new Map<number, number>();
  for (const [, actual, count] of cells) totals.set(actual, (totals.get(actual) ?? 0) + count);
  const data = cells.flatMap(([predicted, actual, count]) => {
    const x = place.get(actual);
    const y = place.get(predicted);
    if (x === undefined || y === undefined) return [];
    const share = count / totals.get(actual)!;
    return [[x, y, share]];
  });
  const side = 340 / names.length;
  const model = which === 'before' ? 'Unpruned' : 'Pruned';
  const omitted = validation.before.perClass.length - labelled.length;
  return draw({
    name: `confusion-${which}`,
    title: `${model}: taken for`,
    description:
      `Confusion matrix of the ${model.toLowerCase()} model, each column as shares of its labels` +
      `${omitted > 0 ? `; ${omitted} classes with fewer labels are left out` : ''}. Best F1 at confidence ${conf.toFixed(3)}.`,
    height: 470,
    option: {
      grid: { left: 92, right: 12, top: 12, bottom: 104 },
      xAxis: axis('label', {
        type: 'category',
        data: names,
        nameGap: 84,
        splitLine: { show: false },
        axisLabel: { color: INKS.text, fontSize: 10, rotate: 60, interval: 0 },
      }),
      yAxis: axis('', {
        type: 'category',
        data: names,
        inverse: true,
        splitLine: { show: false },
        axisLabel: { color: INKS.text, fontSize: 10, interval: 0 },
      }),
      visualMap: HUES_BY_SERIES.map((hue, seriesIndex) => ({
        show: false,
        min: 0,
        max: 1,
        seriesIndex,
        inRange: { color: [`${hue}18`, hue] },
      })),
      series: [true, false].map((diagonal) => ({
        type: 'heatmap',
        data: data.filter(([x, y]) => (x === y) === diagonal),
        label: {
          show: side >= 30,
          color: INKS.text,
          fontSize: 10,
          formatter: ({ value }: { readonly value: readonly number[] }) => value[2]!.toFixed(2),
        },
      })),
    },
  });
}
