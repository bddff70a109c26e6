import { type Markup, markup } from '../markup/markup';
import {
  type AxisOptions,
  drawPlot,
  extentOf,
  layOutFrame,
  pixel,
  PLOT_SIZES,
  type PlotFrame,
  type PlotSize,
  positiveExtentOf,
} from './frame';
import { seriesClass } from './palette';

/** A value with, where known, the interval it lies in. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface CurveSeries {
  readonly name: string;
  readonly points: readonly CurvePoint[];
  /** Default `line`. */
  readonly draw?: 'line' | 'points' | 'line-and-points';
}

export interface CurvePlotOptions {
  /** What a screen reader says of the picture. */
  readonly label: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly CurveSeries[];
  readonly size?: PlotSize;
}

/** Lines, points, or both; a band where points have intervals. A point that is not finite breaks its line. */
export function curvePlot(options: CurvePlotOptions): Markup {
  const { label, x, y, series, size = PLOT_SIZES.column } = options;
  const points = series.flatMap((each) => each.points);
  const extent = (axis: AxisOptions, values: readonly number[]) =>
    axis.kind === 'log' ? positiveExtentOf(values) : extentOf(values);
  const frame = layOutFrame({
    ...{ size, x, y },
    xExtent: extent(
      x,
      points.map((point) => point.x),
    ),
    yExtent: extent(
      y,
      points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    ),
  });
  const drawn = series.map((each, index) => drawSeries(each, index, frame));
  return drawPlot(size, label, [
    frame.axes,
    ...drawn.map(({ band }) => band),
    ...drawn.map(({ marks }) => marks),
  ]);
}

function drawSeries(
  { name, points, draw = 'line' }: CurveSeries,
  index: number,
  { x, y }: PlotFrame,
): { readonly band: Markup; readonly marks: Markup } {
  const runs = unbrokenRuns(points);
  const at = (point: CurvePoint, value: number): string =>
    `${pixel(x.toPixel(point.x))} ${pixel(y.toPixel(value))}`;
  const bands = runs
    .map((run) => run.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high)))
    .filter((run) => run.length > 1)
    .map((run) => {
      const upper = run.map((point) => at(point, point.high!));
      const lower = run.map((point) => at(point, point.low!)).reverse();
      return markup`<path class="band" d="M${[...upper, ...lower].join('L')}Z"/>`;
    });
  const lines = draw === 'points' ? [] : runs.filter((run) => run.length > 1);
  const dots = draw === 'line' ? runs.filter((run) => run.length === 1).flat() : runs.flat();
  return {
    band: markup`<g class="${seriesClass(index)}">${bands}</g>`,
    marks: markup`<g class="${seriesClass(index)}" data-series="${name}">${lines.map(
      (run) => markup`<path class="line" d="M${run.map((point) => at(point, point.y)).join('L')}"/>`,
    )}${dots.map(
      (point) =>
        markup`<circle class="dot" cx="${pixel(x.toPixel(point.x))}" cy="${pixel(y.toPixel(point.y))}" r="${draw === 'points' ? 2.5 : 3}"/>`,
    )}</g>`,
  };
}

/** The points between those that are not finite. */
function unbrokenRuns(points: readonly CurvePoint[]): CurvePoint[][] {
  const runs: CurvePoint[][] = [[]];
  for (const point of points)
    if (Number.isFinite(point.x) && Number.isFinite(point.y)) runs[runs.length - 1].push(point);
    else runs.push([]);
  return runs.filter((run) => run.length > 0);
}
