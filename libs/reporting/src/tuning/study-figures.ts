import type { EvaluationRecord, SearchParameter, SettingValue, Standing } from '@winnow/tuning';
import type { Markup } from '../markup/markup';
import { figure } from '../page/parts';
import { curvePlot } from '../plots/curve-plot';
import { type AxisOptions, extentOf } from '../plots/frame';
import { metricText, shareText } from '../quantities';

const OBJECTIVE = { label: 'NDCG@20', format: metricText };

export const budgetText = (share: number): string =>
  share === 1 ? 'full budget' : `${shareText(share)} of the budget`;

/** Budgets that trials had, the full one first, so that it has the same colour everywhere. */
const sharesOf = (entries: readonly { readonly share: number }[]): number[] =>
  [...new Set(entries.map(({ share }) => share))].toSorted((left, right) => right - left);

/** Objective by trial, a colour for each budget, and how the best with the full budget grew. */
export function searchFigures(records: readonly EvaluationRecord[]): Markup[] {
  const own = records.filter(({ repeat, objective }) => repeat === 0 && objective !== null);
  const shares = sharesOf(own);
  // The best alone may be one value, around which an axis knows no distances.
  const [low, high] = extentOf(own.map(({ objective }) => objective!));
  const range = high > low ? { low, high } : {};
  return [
    figure({
      title: 'Objective by trial',
      caption: 'Trial 0 is what winnow.yaml said before. Compare only trials of one budget.',
      legend: shares.map(budgetText),
      plot: curvePlot({
        label: 'NDCG@20 by trial, a colour for each budget',
        x: { label: 'trial', whole: true },
        y: OBJECTIVE,
        series: shares.map((share) => ({
          name: budgetText(share),
          draw: 'points' as const,
          points: own
            .filter((record) => record.share === share)
            .map(({ trial, objective }) => ({ x: trial, y: objective! })),
        })),
      }),
    }),
    figure({
      title: 'Best so far',
      caption: 'The best with the full budget, after each evaluation.',
      plot: curvePlot({
        label: 'Best NDCG@20 with the full budget by evaluation',
        x: { label: 'evaluation', whole: true },
        y: { ...OBJECTIVE, ...range },
        series: [{ name: 'best so far', points: bestSoFar(own) }],
      }),
    }),
  ];
}

/** As steps, since nothing lies between two evaluations. */
function bestSoFar(records: readonly EvaluationRecord[]): { x: number; y: number }[] {
  const points: { x: number; y: number }[] = [];
  let best = -Infinity;
  for (const [index, { share, objective }] of records.entries()) {
    if (share === 1 && objective! > best) {
      if (points.length > 0) points.push({ x: index + 1, y: best });
      best = objective!;
    }
    if (best > -Infinity) points.push({ x: index + 1, y: best });
  }
  return points;
}

/** Objective against one parameter, of every trial that got a result, with the highest budget that it reached. */
export function parameterFigure(parameter: SearchParameter, standings: readonly Standing[]): Markup {
  const { path } = parameter;
  const known = standings.filter(({ objective }) => objective !== null);
  const shares = sharesOf(known);
  return figure({
    title: path,
    legend: shares.map(budgetText),
    plot: curvePlot({
      label: `NDCG@20 by ${path}, a colour for each budget`,
      x: axisOf(parameter),
      y: OBJECTIVE,
      series: shares.map((share) => ({
        name: budgetText(share),
        draw: 'points' as const,
        points: known
          .filter((standing) => standing.share === share)
          .map(({ settings, objective }) => ({ x: placeOf(parameter, settings[path]), y: objective! })),
      })),
    }),
  });
}

function axisOf(parameter: SearchParameter): AxisOptions {
  const label = parameter.path.split('.').slice(-2).join('.');
  if (parameter.kind === 'number') return { label, kind: parameter.scale };
  const { choices } = parameter;
  return {
    ...{ label, low: -0.5, high: choices.length - 0.5, whole: true },
    format: (index) => String(choices[index] ?? ''),
  };
}

/** Choices stand side by side; a value that is not in the space is not drawn. */
function placeOf(parameter: SearchParameter, value: SettingValue): number {
  if (parameter.kind === 'number') return Number(value);
  const index = parameter.choices.indexOf(value);
  return index < 0 ? NaN : index;
}
