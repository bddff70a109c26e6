import { type Markup, markup } from '../markup/markup';
import { createScale, type Scale, type ScaleKind } from './scale';

/** What an axis measures, and how. */
export interface AxisOptions {
  /** Name and unit, as a person would say it. */
  readonly label: string;
  /** Default linear. */
  readonly kind?: ScaleKind;
  /** Fixes an end of the domain; otherwise the data sets it. */
  readonly low?: number;
  readonly high?: number;
  /** Ticks at whole numbers only: of what is counted. */
  readonly whole?: boolean;
  readonly format?: (value: number) => string;
}

export interface PlotSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** One column of a page, and the whole of its width. */
export const PLOT_SIZES = {
  column: { widthPx: 480, heightPx: 280 },
  page: { widthPx: 1000, heightPx: 280 },
} as const satisfies Record<string, PlotSize>;

/** Where the data may be drawn; y grows downwards. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A frame around data: area, scales, and the drawn axes. */
export interface PlotFrame {
  readonly area: PlotArea;
  readonly x: Scale;
  readonly y: Scale;
  readonly axes: Markup;
}

/** Least and greatest of the data on an axis; NaN-free. */
export type Extent = readonly [low: number, high: number];

export function extentOf(values: Iterable<number>): Extent {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** Least positive value, for the low end of a log axis; the extent's own when none is. */
export const positiveExtentOf = (values: readonly number[]): Extent =>
  extentOf(values.filter((value) => value > 0));

/** Width of a text of the plots' 12 px font, about: digits are wider than the mean letter, so it errs to the safe side. */
export const textWidthPx = (text: string): number => 6.6 * text.length;

/** A coordinate with a tenth of a pixel: enough to see, and short. */
export const pixel = (value: number): string => String(Math.round(value * 10) / 10);

const LINE_PX = 16;
const RIGHT_MARGIN_PX = 22;
const TOP_MARGIN_PX = 10;
const TICK_GAP_PX = 8;

const yTickCountMax = (heightPx: number): number => Math.max(2, Math.floor(heightPx / 44));

/** Lays out axes around the data: the left margin fits the widest tick label, and tick labels never touch. */
export function layOutFrame(options: {
  readonly size: PlotSize;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly xExtent: Extent;
  readonly yExtent: Extent;
}): PlotFrame {
  const { size, x, y } = options;
  const [xLow, xHigh] = [x.low ?? options.xExtent[0], x.high ?? options.xExtent[1]];
  const [yLow, yHigh] = [y.low ?? options.yExtent[0], y.high ?? options.yExtent[1]];
  const top = TOP_MARGIN_PX;
  const bottom = size.heightPx - 2 * LINE_PX - TICK_GAP_PX - 4;
  const yScale = createScale({
    kind: y.kind ?? 'linear',
    low: yLow,
    high: yHigh,
    fromPixel: bottom,
    toPixel: top,
    tickCountMax: yTickCountMax(bottom - top),
    roundEnds: y.high === undefined,
    whole: y.whole,
    format: y.format,
  });
  const widestTick = Math.max(...yScale.ticks.map((tick) => textWidthPx(yScale.format(tick))), 0);
  const left = LINE_PX + 8 + widestTick + TICK_GAP_PX;
  const right = size.widthPx - RIGHT_MARGIN_PX;
  const xScaleWith = (tickCountMax: number): Scale =>
    createScale({
      kind: x.kind ?? 'linear',
      low: xLow,
      high: xHigh,
      fromPixel: left,
      toPixel: right,
      tickCountMax,
      whole: x.whole,
      format: x.format,
    });
  let xScale = xScaleWith(8);
  for (let count = 7; count >= 2 && crowded(xScale); count -= 1) xScale = xScaleWith(count);
  const area = { left, right, top, bottom };
  return {
    area,
    x: xScale,
    y: yScale,
    axes: drawAxes({ area, x: xScale, y: yScale, xLabel: x.label, yLabel: y.label }),
  };
}

function crowded(scale: Scale): boolean {
  return scale.ticks.some((tick, index) => {
    if (index === 0) return false;
    const previous = scale.ticks[index - 1];
    const room = scale.toPixel(tick) - scale.toPixel(previous);
    return room < (textWidthPx(scale.format(tick)) + textWidthPx(scale.format(previous))) / 2 + 10;
  });
}

/** Grid lines, tick labels, and both axes' names. */
function drawAxes({
  area,
  x,
  y,
  xLabel,
  yLabel,
}: {
  readonly area: PlotArea;
  readonly x: Scale;
  readonly y: Scale;
  readonly xLabel: string;
  readonly yLabel: string;
}): Markup {
  const { left, right, top, bottom } = area;
  const middleY = (top + bottom) / 2;
  const labelY = bottom + 2 * LINE_PX + TICK_GAP_PX;
  const yTicks = y.ticks.map((tick) => {
    const at = pixel(y.toPixel(tick));
    return markup`<line class="grid" x1="${pixel(left)}" x2="${pixel(right)}" y1="${at}" y2="${at}"/><text class="tick end" x="${pixel(left - TICK_GAP_PX)}" y="${at}" dy="0.35em">${y.format(tick)}</text>`;
  });
  const xTicks = x.ticks.map((tick) => {
    const at = x.toPixel(tick);
    const text = x.format(tick);
    // The last label may not leave the picture.
    const textAt = Math.min(at, right + RIGHT_MARGIN_PX - textWidthPx(text) / 2);
    return markup`<line class="axis" x1="${pixel(at)}" x2="${pixel(at)}" y1="${pixel(bottom)}" y2="${pixel(bottom + 4)}"/><text class="tick middle" x="${pixel(textAt)}" y="${pixel(bottom + LINE_PX + 2)}">${text}</text>`;
  });
  return markup`<g class="axes">${yTicks}<line class="axis" x1="${pixel(left)}" x2="${pixel(right)}" y1="${pixel(bottom)}" y2="${pixel(bottom)}"/>${xTicks}<text class="axis-label middle" x="${pixel((left + right) / 2)}" y="${pixel(labelY)}">${xLabel}</text><text class="axis-label middle" transform="translate(${pixel(LINE_PX - 3)} ${pixel(middleY)}) rotate(-90)">${yLabel}</text></g>`;
}

/** The picture around its parts; `label` is what a screen reader says. */
export const drawPlot = (size: PlotSize, label: string, parts: readonly Markup[]): Markup =>
  markup`<svg class="plot" viewBox="0 0 ${size.widthPx} ${size.heightPx}" role="img" aria-label="${label}">${parts}</svg>`;
