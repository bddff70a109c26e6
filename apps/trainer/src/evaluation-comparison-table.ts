import { findMetric, METRIC_TITLES } from '@winnow/evaluation';
import type {
  ComparisonPart,
  ComparisonReport,
  MetricName,
  MetricValue,
  ModelReport,
  ModelRun,
} from '@winnow/evaluation';
import { textTable } from './evaluation-table';
import type { TextColumn } from './evaluation-table';

/** The report as people read it. */
export function comparisonText(report: ComparisonReport): string {
  const seeds = report.seeds.length === 1 ? `seed ${report.seeds[0]}` : `seeds ${report.seeds.join(', ')}`;
  return [
    `${report.data}, protocol ${report.protocol}, ${seeds}`,
    ...report.parts.map(partText),
    `in all ${seconds(report.durationMs)} s`,
  ].join('\n\n');
}

function partText(part: ComparisonPart): string {
  const facts = part.facts.map(({ name, value }) => `${numberText(value)} ${name}`).join(', ');
  const tables =
    part.task === 'ranking'
      ? [qualityTable(part), catalogueTable(part), ...sliceTables(part)]
      : [ratingTable(part)];
  return [
    `${part.question}\n${facts}`,
    ...tables,
    costTable(part),
    settingsText(part),
    ...part.skipped.map(({ name, reason }) => `left out: ${name}: ${reason}`),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

const titleColumn: TextColumn<ModelReport> = { title: '', align: 'left', cell: ({ title }) => title };

const qualityTable = ({ ks, models }: ComparisonPart): string =>
  textTable(
    [
      titleColumn,
      ...ks.flatMap((k) => [metricColumn('recall', k), metricColumn('ndcg', k)]),
      metricColumn('mrr', Math.max(...ks)),
      metricColumn('hitRate', Math.max(...ks)),
      metricColumn('auc', null),
    ],
    models,
  );

/** What the lists do to the catalogue. */
function catalogueTable({ ks, models }: ComparisonPart): string {
  const k = Math.max(...ks);
  return textTable(
    [
      titleColumn,
      ...(['coverage', 'gini', 'novelty', 'diversity'] as const).map((metric) => metricColumn(metric, k, 3)),
      { title: 'shown of the head tenth', cell: ({ runs }) => headShare(runs[0]) },
    ],
    models,
  );
}

/** Share of exposure that the most popular tenth of the vocabulary gets. */
const headShare = ({ popularityCurve: [head] }: ModelRun): string =>
  head ? `${(100 * head.exposureShare).toFixed(1)} %` : '–';

const ratingTable = ({ models }: ComparisonPart): string =>
  textTable(
    [
      titleColumn,
      ...(['rmse', 'mae', 'auc', 'logLoss', 'calibrationError'] as const).map((metric) =>
        metricColumn(metric, null),
      ),
    ],
    models,
  );

/** A column of one figure, with half the width of its interval where it has one. */
const metricColumn = (metric: MetricName, k: number | null, digits = 4): TextColumn<ModelReport> => ({
  title: k === null ? METRIC_TITLES[metric] : `${METRIC_TITLES[metric]}@${k}`,
  cell: ({ metrics }) => valueText(findMetric(metrics, metric, k), digits),
});

function valueText(value: MetricValue | undefined, digits: number): string {
  if (!value || !Number.isFinite(value.mean)) return '–';
  const half = (value.high - value.low) / 2;
  return `${value.mean.toFixed(digits)}${Number.isFinite(half) ? ` ±${half.toFixed(digits)}` : ''}`;
}

/** One table a slice, of the first seed: rows are models, columns are groups. */
function sliceTables({ models }: ComparisonPart): string[] {
  const [first] = models;
  if (!first) return [];
  const userTables = first.runs[0].userSlices.map(({ by, k, groups }, slice) =>
    [
      `recall@${k} by ${by} (users: ${groups.map(({ name, userCount }) => `${name} ${userCount}`).join(', ')})`,
      groupTable(
        models,
        groups.map(({ name }) => name),
        (run, group) => run.userSlices[slice].groups[group].recall.mean,
      ),
    ].join('\n'),
  );
  const itemTables = first.runs[0].itemSlices.map(({ by, k, groups }, slice) =>
    [
      `share of the relevant items found in the first ${k}, by ${by} (relevant: ${groups.map(({ name, relevantCount }) => `${name} ${relevantCount}`).join(', ')})`,
      groupTable(
        models,
        groups.map(({ name }) => name),
        (run, group) => run.itemSlices[slice].groups[group].recall,
      ),
    ].join('\n'),
  );
  return [...userTables, ...itemTables];
}

const groupTable = (
  models: readonly ModelReport[],
  names: readonly string[],
  value: (run: ModelRun, group: number) => number,
): string =>
  textTable<ModelReport>(
    [
      titleColumn,
      ...names.map((title, group) => ({
        title,
        cell: ({ runs }: ModelReport) => {
          const figure = value(runs[0], group);
          return Number.isFinite(figure) ? figure.toFixed(4) : '–';
        },
      })),
    ],
    models,
  );

/** Means over the runs; the peak is the largest. */
function costTable({ models }: ComparisonPart): string {
  const mean = (runs: readonly ModelRun[], of: (run: ModelRun) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  return textTable<ModelReport>(
    [
      titleColumn,
      { title: 'runs', cell: ({ runs }) => String(runs.length) },
      { title: 'choosing s', cell: ({ runs }) => seconds(runs[0].cost.tuningMs) },
      { title: 'training s', cell: ({ runs }) => seconds(mean(runs, ({ cost }) => cost.trainingMs)) },
      {
        title: 'examples/s',
        cell: ({ runs }) => numberText(Math.round(mean(runs, ({ cost }) => cost.examplesPerSecond))),
      },
      { title: 'asking s', cell: ({ runs }) => seconds(mean(runs, ({ cost }) => cost.answeringMs)) },
      { title: 'peak MiB', cell: ({ runs }) => peakText(runs) },
    ],
    models,
  );
}

function peakText(runs: readonly ModelRun[]): string {
  const peak = Math.max(...runs.map(({ cost }) => cost.peakMemoryBytes ?? NaN));
  return Number.isFinite(peak) ? String(Math.round(peak / 2 ** 20)) : '–';
}

/** What was chosen on the validation part. */
const settingsText = ({ models }: ComparisonPart): string =>
  models
    .filter(({ settings }) => Object.keys(settings).length > 0)
    .map(({ title, settings }) => {
      const values = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
      return `${title}: ${values.join(', ')}`;
    })
    .join('\n');

const seconds = (durationMs: number): string => (durationMs / 1_000).toFixed(1);

const numberText = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-US') : value.toFixed(3);
