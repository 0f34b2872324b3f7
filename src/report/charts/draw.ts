import { BarChart, CustomChart, HeatmapChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { shortName } from '../escape.ts';

use([
  ...[BarChart, CustomChart, HeatmapChart, LineChart],
  ...[GridComponent, LegendComponent, MarkLineComponent, VisualMapComponent, SVGRenderer],
]);

/** One chart: what it shows, and the drawing. */
export interface Chart {
  /** Name of its files in the report folder, without ending. */
  readonly name: string;
  readonly title: string;
  /** What there is to see, for those who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** A whole SVG file, without scripts, styles or links, in {@link INKS}. */
  readonly svg: string;
}

/** What a chart is made from. */
export interface ChartPlan extends Omit<Chart, 'svg' | 'width' | 'height'> {
  readonly width?: number;
  readonly height?: number;
  readonly option: EChartsCoreOption;
}

/** Colours that report.html swaps for those of its theme. */
export const INKS = { text: '#4a5754', line: '#d9dfdc', surface: '#fefefe' } as const;

/** Colours of the two models, of what got worse, and of a limit: readable on light and on dark. */
export const HUES = { before: '#8391a5', after: '#0f8f7c', loss: '#d1495b', limit: '#c98a00' } as const;

const WIDTH = 470;
const HEIGHT = 300;

/**
 * A name from outside as a label. echarts keeps the widths of texts in a plain object, where `__proto__` and `constructor` are
 * something else already: those get a character of no width.
 */
export function label(name: string, longest: number): string {
  const short = shortName(name, longest);
  return short in {} ? `${short}\u200b` : short;
}

/** Axes of all charts. */
export function axis(name: string, more: object = {}): object {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 26,
    nameTextStyle: { color: INKS.text, fontSize: 12 },
    axisLabel: { color: INKS.text, fontSize: 11 },
    axisLine: { show: true, lineStyle: { color: INKS.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: INKS.line, opacity: 0.6 } },
    ...more,
  };
}

/** Draws a chart on the server: no page, no canvas. */
export function draw({ width = WIDTH, height = HEIGHT, option, ...rest }: ChartPlan): Chart {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: INKS.surface,
      textStyle: { color: INKS.text, fontFamily: 'system-ui, sans-serif' },
      color: [HUES.before, HUES.after],
      ...option,
    });
    return { ...rest, width, height, svg: still(chart.renderToSVGString(), rest.name) };
  } finally {
    chart.dispose();
  }
}

/**
 * Takes out what only a live chart needs, hover styles and marks for event handlers, and names ids by the chart: the library
 * counts its drawings in them, so that the same chart would be other bytes the next time.
 */
function still(svg: string, name: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|class)="[^"]*"/g, '')
    .replace(/\bzr\d+-/g, `${name}-`);
}
