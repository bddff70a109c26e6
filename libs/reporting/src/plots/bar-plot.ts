import { type Markup, markup } from '../markup/markup';
import { quantityText } from '../quantities';
import { type AxisOptions, drawPlot, extentOf, pixel, PLOT_SIZES, textWidthPx } from './frame';
import { seriesClass } from './palette';
import { createScale, type Scale } from './scale';

/** A value with, where known, the interval it lies in. */
export interface BarValue {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Bar {
  readonly label: string;
  /** One per series. */
  readonly values: readonly BarValue[];
}

export interface BarPlotOptions {
  /** What a screen reader says of the picture. */
  readonly label: string;
  readonly value: AxisOptions;
  /** Names of the series, first one on top in each group. */
  readonly series: readonly string[];
  readonly bars: readonly Bar[];
  /** A value to compare all bars with, drawn as a line: 1 for ratios. Bars grow from it when `fromReference` is set. */
  readonly reference?: { readonly value: number; readonly grow?: boolean };
  /** How values are written behind their bars; default as on the axis. */
  readonly valueText?: (value: number) => string;
  readonly widthPx?: number;
}

const BAR_PX = 14;
const GROUP_GAP_PX = 10;
const LABEL_WIDTH_MAX_PX = 200;
const AXIS_PX = 44;
const TOP_PX = 8;

/** Horizontal bars, so that labels are read as they are written; the value stands behind each bar. */
export function barPlot(options: BarPlotOptions): Markup {
  const { label, value, series, bars, reference, widthPx = PLOT_SIZES.column.widthPx } = options;
  const format = options.valueText ?? value.format ?? quantityText;
  const groupPx = series.length * BAR_PX + GROUP_GAP_PX;
  const bottom = TOP_PX + Math.max(1, bars.length) * groupPx;
  const values = bars.flatMap((bar) => bar.values);
  const [low, high] = extentOf([
    0,
    ...(reference ? [reference.value] : []),
    ...values.flatMap((each) => [each.value, each.low ?? each.value, each.high ?? each.value]),
  ]);
  const labelPx = Math.min(LABEL_WIDTH_MAX_PX, Math.max(...bars.map((bar) => textWidthPx(bar.label)), 0));
  const textPx = Math.max(...values.map((each) => textWidthPx(format(each.value))), 0);
  const x = createScale({
    kind: 'linear',
    low: value.low ?? low,
    high: value.high ?? high,
    fromPixel: labelPx + 12,
    toPixel: widthPx - textPx - 20,
    tickCountMax: 5,
    format: value.format,
  });
  const size = { widthPx, heightPx: bottom + AXIS_PX };
  const origin = reference?.grow ? reference.value : Math.max(0, x.low);
  return drawPlot(size, label, [
    drawValueAxis(x, { label: value.label, bottom, reference: reference?.value }),
    ...bars.map((bar, index) =>
      drawGroup(bar, { x, top: TOP_PX + index * groupPx, labelPx, series, origin, format }),
    ),
  ]);
}

function drawValueAxis(
  x: Scale,
  {
    label,
    bottom,
    reference,
  }: { readonly label: string; readonly bottom: number; readonly reference?: number },
): Markup {
  const line = (value: number, className: string): Markup =>
    markup`<line class="${className}" x1="${pixel(x.toPixel(value))}" x2="${pixel(x.toPixel(value))}" y1="${TOP_PX - 4}" y2="${pixel(bottom)}"/>`;
  const ticks = x.ticks.map(
    (tick) =>
      markup`${line(tick, 'grid')}<text class="tick middle" x="${pixel(x.toPixel(tick))}" y="${pixel(bottom + 16)}">${x.format(tick)}</text>`,
  );
  const middle = (x.toPixel(x.low) + x.toPixel(x.high)) / 2;
  return markup`<g class="axes">${ticks}${reference === undefined ? null : line(reference, 'reference')}<text class="axis-label middle" x="${pixel(middle)}" y="${pixel(bottom + 36)}">${label}</text></g>`;
}

function drawGroup(
  { label, values }: Bar,
  options: {
    readonly x: Scale;
    readonly top: number;
    readonly labelPx: number;
    readonly series: readonly string[];
    readonly origin: number;
    readonly format: (value: number) => string;
  },
): Markup {
  const { x, top, labelPx, series, origin, format } = options;
  const middle = top + (values.length * BAR_PX) / 2;
  const bars = values.map((each, index) => {
    if (!Number.isFinite(each.value)) return null;
    const y = top + index * BAR_PX;
    const [from, to] = [x.toPixel(Math.min(origin, each.value)), x.toPixel(Math.max(origin, each.value))];
    const end = each.high === undefined ? to : Math.max(to, x.toPixel(each.high));
    return markup`<g class="${seriesClass(index)}" data-series="${series[index]}" data-label="${label}"><rect class="bar" x="${pixel(from)}" y="${pixel(y + 1)}" width="${pixel(Math.max(1, to - from))}" height="${BAR_PX - 2}"/>${whisker(each, x, y + BAR_PX / 2)}<text class="value" x="${pixel(end + 5)}" y="${pixel(y + BAR_PX / 2)}" dy="0.35em">${format(each.value)}</text></g>`;
  });
  return markup`<g><text class="label end" x="${pixel(labelPx + 4)}" y="${pixel(middle)}" dy="0.35em">${fitted(label, labelPx)}<title>${label}</title></text>${bars}</g>`;
}

function whisker({ low, high }: BarValue, x: Scale, y: number): Markup | null {
  if (low === undefined || high === undefined || !Number.isFinite(low + high)) return null;
  const [from, to] = [x.toPixel(low), x.toPixel(high)];
  return markup`<path class="whisker" d="M${pixel(from)} ${pixel(y)}H${pixel(to)}M${pixel(from)} ${pixel(y - 3)}v6M${pixel(to)} ${pixel(y - 3)}v6"/>`;
}

/** The label, cut where it would leave the picture. */
function fitted(label: string, widthPx: number): string {
  if (textWidthPx(label) <= widthPx + 1) return label;
  return `${label.slice(0, Math.max(1, Math.floor(widthPx / textWidthPx('x')) - 1))}…`;
}
