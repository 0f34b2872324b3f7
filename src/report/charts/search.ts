import type { ReportedSearch } from '../search.ts';
import { figure, percent } from '../text.ts';
import { axis, type Chart, draw, HUES, INKS } from './draw.ts';

/** The deciding metric over the share of zeros, for every model that was tried, and how far it may fall. */
export function searchChart(metric: string, { tries, chosen, unpruned, accepted }: ReportedSearch): Chart {
  const bySparsity = tries
    .map((tried, i) => ({ ...tried, isChosen: i === chosen }))
    .toSorted((a, b) => a.sparsity - b.sparsity);
  const points = [
    { value: [0, unpruned], itemStyle: { color: HUES.before }, symbolSize: 8 },
    ...bySparsity.map(({ sparsity, figure: value, pass, isChosen }) => ({
      value: [100 * sparsity, value],
      symbolSize: isChosen ? 14 : 8,
      itemStyle: { color: pass ? HUES.after : HUES.loss },
      label: { show: isChosen, formatter: 'taken', position: 'top', color: INKS.text, fontWeight: 'bold' },
    })),
  ];
  const taken = tries[chosen]!;
  return draw({
    name: 'sparsity',
    title: `${metric} over the share of zeros`,
    description:
      `${metric} of ${tries.length} pruned models, unpruned ${figure(unpruned)}, at least ${figure(unpruned - accepted)} accepted; ` +
      `taken: ${percent(taken.sparsity)} zeros with ${figure(taken.figure)}.`,
    option: {
      grid: { left: 60, right: 24, top: 34, bottom: 44 },
      xAxis: axis('zeros, %', { type: 'value', min: 0 }),
      yAxis: axis(metric, { type: 'value', scale: true }),
      series: [
        {
          type: 'line',
          data: points,
          symbol: 'circle',
          lineStyle: { color: INKS.text, width: 1, type: 'dotted' },
          markLine: {
            symbol: 'none',
            precision: 6,
            data: [
              {
                yAxis: unpruned - accepted,
                label: { formatter: 'accepted', color: HUES.limit, fontSize: 11, position: 'insideEndTop' },
                lineStyle: { color: HUES.limit, type: 'dashed', width: 2 },
              },
            ],
          },
        },
      ],
    },
  });
}
