import type { ComparisonPart, ModelReport } from '@winnow/evaluation';
import type { Markup } from '../markup/markup';
import { figure, figures, table } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { curvePlot } from '../plots/curve-plot';
import { PLOT_SIZES } from '../plots/frame';
import { SERIES_COLOURS } from '../plots/palette';
import { countText, metricText } from '../quantities';
import { rankedModels } from './metric-tables';
import { meanPopularityCurve, type SlicedRecall, slicedRecalls } from './run-means';

/** As many as have a colour of their own. */
const SERIES_MAX = SERIES_COLOURS.length;
/** Bars of more models side by side in each group cannot be told apart. */
const BARRED_MODELS_MAX = 4;

const wholePercent = (share: number): string => `${Math.round(100 * share)} %`;

/** Where exposure goes along the order of popularity, one line a model; none when no model ranks. */
export function popularityFigure(part: ComparisonPart, k: number): Markup[] {
  const curves = rankedModels(part)
    .map(({ model: { title, runs } }) => ({ title, curve: meanPopularityCurve(runs) }))
    .filter(({ curve }) => curve.length > 0)
    .slice(0, SERIES_MAX);
  if (curves.length === 0) return [];
  return [
    figure({
      title: 'Where exposure goes',
      caption: `Share of the first ${k} places that the most popular items take. The higher a line, the more a model shows what is popular anyway.`,
      legend: curves.map(({ title }) => title),
      lines: true,
      plot: curvePlot({
        label: 'Share of exposure against share of the catalogue, by model',
        x: { label: 'share of the catalogue, most popular first', low: 0, high: 1, format: wholePercent },
        y: { label: 'share of exposure', low: 0, high: 1, format: wholePercent },
        series: curves.map(({ title, curve }) => ({
          name: title,
          points: [
            { x: 0, y: 0 },
            ...curve.map(({ itemShare, exposureShare }) => ({ x: itemShare, y: exposureShare })),
          ],
        })),
      }),
    }),
  ];
}

/** What was predicted against what came true, of each model's first run; none when no model predicts odds. */
export function calibrationFigure({ models }: ComparisonPart): Markup[] {
  const curves = models
    .map(({ title, runs }) => ({ title, curve: runs[0]?.calibrationCurve ?? [] }))
    .filter(({ curve }) => curve.length > 0)
    .slice(0, SERIES_MAX - 1);
  if (curves.length === 0) return [];
  return [
    figure({
      title: 'Calibration',
      caption: 'A model whose odds are true lies on the diagonal; below it, it promises too much.',
      legend: [...curves.map(({ title }) => title), 'true odds'],
      lines: true,
      plot: curvePlot({
        label: 'Share that came true against predicted odds, by model',
        x: { label: 'predicted', low: 0, high: 1 },
        y: { label: 'came true', low: 0, high: 1 },
        series: [
          ...curves.map(({ title, curve }) => ({
            name: title,
            draw: 'line-and-points' as const,
            points: curve.map(({ meanPrediction, positiveShare }) => ({
              x: meanPrediction,
              y: positiveShare,
            })),
          })),
          {
            name: 'true odds',
            points: [
              { x: 0, y: 0 },
              { x: 1, y: 1 },
            ],
          },
        ],
      }),
    }),
  ];
}

/** Recall of every model by group: as bars of the first few, as a table of all. */
export function sliceParts(part: ComparisonPart): Markup[] {
  const { models } = part;
  const best = rankedModels(part).slice(0, BARRED_MODELS_MAX);
  const barred = best.map(({ model }) => models.indexOf(model));
  return slicedRecalls(models).flatMap((slice) => [
    figures([sliceFigure(slice, { models, barred })]),
    table({
      caption: `Recall@${slice.k} by ${slice.by}`,
      rows: slice.groups,
      columns: [
        { title: slice.by, cell: ({ name }) => name },
        {
          title: slice.of === 'users' ? 'users' : 'interactions asked for',
          number: true,
          cell: ({ size }) => countText(size),
        },
        ...models.map(({ title }, model) => ({
          title,
          number: true,
          cell: ({ recalls }: SlicedRecall['groups'][number]) => metricText(recalls[model]),
          best: ({ recalls }: SlicedRecall['groups'][number]) =>
            models.length > 1 && recalls[model] === Math.max(...recalls.filter(Number.isFinite)),
        })),
      ],
    }),
  ]);
}

/** `barred` are indexes of the models to draw. */
function sliceFigure(
  { by, k, groups }: SlicedRecall,
  { models, barred }: { readonly models: readonly ModelReport[]; readonly barred: readonly number[] },
): Markup {
  const series = barred.map((model) => models[model].title);
  return figure({
    title: `Recall@${k} by ${by}`,
    caption:
      barred.length < models.length ? `The ${barred.length} best models; all are in the table.` : undefined,
    legend: series,
    wide: true,
    plot: barPlot({
      label: `Recall at ${k} by ${by}, by model`,
      value: { label: `recall@${k}` },
      valueText: metricText,
      series,
      bars: groups.map(({ name, recalls }) => ({
        label: name,
        values: barred.map((model) => ({ value: recalls[model] })),
      })),
      widthPx: PLOT_SIZES.page.widthPx,
    }),
  });
}

/** Losses and validation by epoch, a figure for each part of a model, a line for each seed. */
export function learningFigures({ models }: ComparisonPart): Markup[] {
  return models.flatMap(({ title, runs }) => {
    const parts = [...new Set(runs.flatMap(({ learningCurves }) => learningCurves.map(({ part }) => part)))];
    return parts.flatMap((part) =>
      (['losses', 'validation'] as const).flatMap((what) => {
        const series = runs.slice(0, SERIES_MAX).map(({ seed, learningCurves }) => ({
          name: `seed ${seed}`,
          draw: 'line-and-points' as const,
          points: (learningCurves.find((curve) => curve.part === part)?.[what] ?? []).map((y, epoch) => ({
            x: epoch + 1,
            y,
          })),
        }));
        if (series.every(({ points }) => points.length === 0)) return [];
        const label = what === 'losses' ? 'training loss' : 'validation';
        return [
          figure({
            title: `${title}, ${part}: ${label}`,
            legend: series.map(({ name }) => name),
            lines: true,
            plot: curvePlot({
              label: `${label} of ${title}, ${part}, by epoch`,
              x: { label: 'epoch', whole: true },
              y: { label },
              series,
            }),
          }),
        ];
      }),
    );
  });
}
