import { invariant } from '@winnow/domain';
import { type Markup, markup } from '../markup/markup';
import { countText } from '../quantities';
import {
  type AxisOptions,
  drawPlot,
  layOutFrame,
  pixel,
  PLOT_SIZES,
  type PlotFrame,
  type PlotSize,
} from './frame';
import { seriesClass } from './palette';

export interface HistogramSeries {
  readonly name: string;
  /** One per bin. */
  readonly counts: readonly number[];
}

export interface HistogramPlotOptions {
  /** What a screen reader says of the picture. */
  readonly label: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Bin i reaches from `edges[i]` to `edges[i + 1]`. */
  readonly edges: readonly number[];
  /** Stacked, the first at the bottom. */
  readonly series: readonly HistogramSeries[];
  readonly size?: PlotSize;
}

/** Counts in bins, one bar a bin, as wide as its bin. */
export function histogramPlot(options: HistogramPlotOptions): Markup {
  const { label, x, edges, series, size = PLOT_SIZES.column } = options;
  const y = { low: 0, ...options.y };
  const binCount = edges.length - 1;
  for (const { name, counts } of series)
    invariant(counts.length === binCount, `${name} has a count for each of the ${binCount} bins`);
  const totals = Array.from({ length: Math.max(0, binCount) }, (_, bin) =>
    series.reduce((sum, { counts }) => sum + counts[bin], 0),
  );
  const frame = layOutFrame({
    ...{ size, x, y },
    xExtent: [edges[0], edges[binCount]],
    yExtent: [y.kind === 'log' ? 0.5 : 0, Math.max(1, ...totals)],
  });
  const below = new Float64Array(Math.max(0, binCount));
  const drawn = series.map(({ name, counts }, index) => {
    const bars = counts.map((count, bin) => {
      if (!(count > 0)) return null;
      const bar = drawBar({ frame, from: edges[bin], to: edges[bin + 1], low: below[bin], count });
      below[bin] += count;
      return bar;
    });
    return markup`<g class="${seriesClass(index)}" data-series="${name}">${bars}</g>`;
  });
  return drawPlot(size, label, [frame.axes, ...drawn]);
}

/** Hair between neighbours, so that bars are seen as bars; none where they are thin. */
const GAP_PX = 1;

function drawBar({
  frame: { x, y },
  from,
  to,
  low,
  count,
}: {
  readonly frame: PlotFrame;
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly count: number;
}): Markup {
  const left = x.toPixel(from);
  const width = x.toPixel(to) - left;
  const top = y.toPixel(low + count);
  const height = y.toPixel(low) - top;
  const gap = width > 4 ? GAP_PX : 0;
  return markup`<rect class="bar" x="${pixel(left)}" y="${pixel(top)}" width="${pixel(Math.max(0.5, width - gap))}" height="${pixel(Math.max(0.5, height))}"><title>${x.format(from)} to ${x.format(to)}: ${countText(count)}</title></rect>`;
}
