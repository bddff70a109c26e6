import type { Markup } from '../markup/markup';
import { figure } from '../page/parts';
import { histogramPlot } from '../plots/histogram-plot';
import { dayText, quantityText, countText } from '../quantities';
import type { NumberSpread } from './data-report';

/** A histogram of numbers or moments with its quantiles under the title. */
export function spreadFigure(options: {
  readonly title: string;
  readonly caption?: string;
  readonly spread: NumberSpread;
  /** Name of the axis. */
  readonly of: string;
  /** What is counted. */
  readonly what: string;
  readonly times?: boolean;
}): Markup {
  const { title, caption, spread, of, what, times = false } = options;
  const { min, max, quantiles, histogram, sampled } = spread;
  const text = times ? dayText : quantityText;
  const [p5, , p50, , p95] = quantiles;
  const facts = [
    caption,
    min === max
      ? `All are ${text(min)}.`
      : `Median ${text(p50)}; nine in ten between ${text(p5)} and ${text(p95)}; ${text(min)} to ${text(max)}.`,
    histogram.leftOutCount > 0 ? `${countText(histogram.leftOutCount)} at or below zero are not drawn.` : '',
    sampled ? 'From a uniform sample.' : '',
  ];
  return figure({
    title,
    caption: facts.filter(Boolean).join(' '),
    plot: histogramPlot({
      label: `Histogram: ${title}`,
      x: { label: of, kind: times ? 'time' : histogram.scale, whole: isOfWholeNumbers(histogram.edges) },
      y: { label: what },
      edges: histogram.edges,
      series: [{ name: what, counts: histogram.counts }],
    }),
  });
}

/** Bins that stand around one whole number each. */
const isOfWholeNumbers = (edges: readonly number[]): boolean =>
  Math.abs(edges[0] % 1) === 0.5 && edges[1] - edges[0] === 1;
