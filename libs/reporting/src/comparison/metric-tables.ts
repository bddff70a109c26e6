import {
  type ComparisonPart,
  findMetric,
  METRIC_DIRECTIONS,
  METRIC_TITLES,
  type MetricName,
  type MetricValue,
  type ModelReport,
} from '@winnow/evaluation';
import { type Markup, markup } from '../markup/markup';
import { figure, table, type TableColumn } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { countText, metricText, quantityText } from '../quantities';
import { meanOfKnown } from './run-means';

export interface MetricColumn {
  readonly metric: MetricName;
  readonly k: number | null;
}

const titleOf = ({ metric, k }: MetricColumn): string =>
  k === null ? METRIC_TITLES[metric] : `${METRIC_TITLES[metric]}@${k}`;

const QUALITY: readonly MetricName[] = ['recall', 'ndcg', 'mrr', 'hitRate', 'precision', 'auc'];
const CATALOGUE: readonly MetricName[] = ['coverage', 'gini', 'novelty', 'diversity'];
const PREDICTION: readonly MetricName[] = ['rmse', 'mae', 'logLoss', 'calibrationError'];

/** These are read at every length; of the others the longest lists say enough, and a page has only so much width. */
const AT_EVERY_LENGTH: readonly MetricName[] = ['recall', 'ndcg'];

/** The metrics of a kind that any model has, in the kind's order, short lists first. */
function columnsOf(models: readonly ModelReport[], metrics: readonly MetricName[]): MetricColumn[] {
  const known = new Map<string, MetricColumn>();
  for (const { metrics: values } of models)
    for (const { metric, k } of values) known.set(`${metric}@${k}`, { metric, k });
  const longest = Math.max(0, ...[...known.values()].map(({ k }) => k ?? 0));
  return [...known.values()]
    .filter(({ metric }) => metrics.includes(metric))
    .filter(({ metric, k }) => k === null || k === longest || AT_EVERY_LENGTH.includes(metric))
    .sort(
      (left, right) =>
        metrics.indexOf(left.metric) - metrics.indexOf(right.metric) || (left.k ?? 0) - (right.k ?? 0),
    );
}

/** A mean, its interval beneath where there is one, and the best of the column set off. */
function metricColumn(models: readonly ModelReport[], column: MetricColumn): TableColumn<ModelReport> {
  const valueOf = ({ metrics }: ModelReport): MetricValue | undefined =>
    findMetric(metrics, column.metric, column.k);
  const direction = METRIC_DIRECTIONS[column.metric];
  const means = models
    .map((model) => valueOf(model)?.mean)
    .filter((mean) => Number.isFinite(mean)) as number[];
  const best = direction === 'higher' ? Math.max(...means) : Math.min(...means);
  return {
    title: titleOf(column),
    number: true,
    cell: (model) => metricCell(valueOf(model)),
    best: (model) => direction !== 'neither' && means.length > 1 && valueOf(model)?.mean === best,
  };
}

function metricCell(value: MetricValue | undefined): Markup {
  if (!value || !Number.isFinite(value.mean)) return markup`–`;
  // JSON has no NaN: a bound that is not known has become null.
  const { mean, low, high } = value;
  if (!Number.isFinite(low) || !Number.isFinite(high)) return markup`${metricText(mean)}`;
  return markup`${metricText(mean)}<br><span class="interval">± ${metricText((high - low) / 2)}</span>`;
}

const nameColumn: TableColumn<ModelReport> = {
  title: 'model',
  cell: ({ title, name }) => markup`${title}<br><span class="interval">${name}</span>`,
};

const KINDS = [
  { caption: 'How good the lists are', metrics: QUALITY },
  { caption: 'How good the predictions are', metrics: PREDICTION },
  { caption: 'What the lists do to the catalogue', metrics: CATALOGUE },
] as const;

/** Models side by side, one table for each kind of metric that they have. */
export function metricTables({ models }: ComparisonPart): Markup[] {
  return KINDS.flatMap(({ caption, metrics }) => {
    const columns = columnsOf(models, metrics);
    if (columns.length === 0) return [];
    return [
      table({
        caption,
        rows: models,
        columns: [nameColumn, ...columns.map((column) => metricColumn(models, column))],
      }),
    ];
  });
}

/** The metric that a part's models are ordered by: NDCG of the longest list, else RMSE. */
export function headlineOf({ task, ks }: ComparisonPart): MetricColumn {
  return task === 'ranking' ? { metric: 'ndcg', k: Math.max(...ks) } : { metric: 'rmse', k: null };
}

/** Models that have the headline metric, the best first. */
export function rankedModels(
  part: ComparisonPart,
): { readonly model: ModelReport; readonly value: MetricValue }[] {
  const { metric, k } = headlineOf(part);
  const sign = METRIC_DIRECTIONS[metric] === 'lower' ? 1 : -1;
  return part.models
    .flatMap((model) => {
      const value = findMetric(model.metrics, metric, k);
      return value && Number.isFinite(value.mean) ? [{ model, value }] : [];
    })
    .sort((left, right) => sign * (left.value.mean - right.value.mean));
}

/** The headline metric as bars with intervals, the best on top. */
export function headlineFigure(part: ComparisonPart): Markup {
  const column = headlineOf(part);
  const rows = rankedModels(part);
  const over = rows.some(({ value }) => value.intervalOver === 'seeds')
    ? 'seeds, or over users where a model gives the same for every seed'
    : 'users';
  return figure({
    title: titleOf(column),
    caption: `Whiskers are 95 % intervals over ${over}.`,
    plot: barPlot({
      label: `${titleOf(column)} by model`,
      value: { label: titleOf(column) },
      valueText: metricText,
      series: [titleOf(column)],
      bars: rows.map(({ model, value: { mean, low, high } }) => ({
        label: model.title,
        values: [
          Number.isFinite(low) && Number.isFinite(high) ? { value: mean, low, high } : { value: mean },
        ],
      })),
    }),
  });
}

const secondsText = (milliseconds: number): string => {
  if (!Number.isFinite(milliseconds)) return '–';
  if (milliseconds < 100) return '< 0.1 s';
  return `${quantityText(Number((milliseconds / 1000).toPrecision(3)))} s`;
};

/** What each model took: means over the runs. */
export function costTable({ models }: ComparisonPart): Markup {
  const mean = ({ runs }: ModelReport, of: (run: ModelReport['runs'][number]) => number | null): number =>
    meanOfKnown(runs.map(of));
  return table({
    caption: 'What it took',
    rows: models,
    columns: [
      nameColumn,
      { title: 'seeds', number: true, cell: ({ runs }) => countText(runs.length) },
      {
        title: 'choosing settings',
        number: true,
        cell: ({ runs }) => secondsText(runs[0]?.cost.tuningMs ?? NaN),
      },
      {
        title: 'training',
        number: true,
        cell: (model) => secondsText(mean(model, ({ cost }) => cost.trainingMs)),
      },
      {
        title: 'answering',
        number: true,
        cell: (model) => secondsText(mean(model, ({ cost }) => cost.answeringMs)),
      },
      {
        title: 'examples/s',
        number: true,
        cell: (model) => {
          const rate = mean(model, ({ cost }) => cost.examplesPerSecond);
          return Number.isFinite(rate) ? countText(rate) : '–';
        },
      },
      {
        title: 'peak memory',
        number: true,
        cell: ({ runs }) => memoryText(runs.map(({ cost }) => cost.peakMemoryBytes)),
      },
      {
        title: 'settings, chosen on validation',
        cell: ({ settings }) =>
          Object.entries(settings)
            .map(([name, value]) => `${name} ${value}`)
            .join(', '),
      },
    ],
  });
}

function memoryText(bytes: readonly (number | null)[]): string {
  const known = bytes.filter((each): each is number => each !== null);
  return known.length === 0 ? '–' : `${countText(Math.max(...known) / 2 ** 20)} MiB`;
}
