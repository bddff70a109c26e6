import type { ExperimentReport, Interval, MetricReport } from '@winnow/experiments';
import { type Markup, markup } from '../markup/markup';
import { renderPage } from '../page/page';
import { figure, type Note, notes, paragraph, table, tiles } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { PLOT_SIZES } from '../plots/frame';
import { countText, momentText, quantityText, shareText } from '../quantities';

/** What an experiment has done so far as one HTML file: what `winnow experiment report … --html` writes. */
export function renderExperimentReport(report: ExperimentReport): string {
  const { experiment, layer, control, arms, exposures, sampleRatio, covariateDays } = report;
  const userCount = arms.reduce((sum, arm) => sum + arm.userCount, 0);
  return renderPage({
    title: `Experiment: ${experiment}`,
    lead: exposures
      ? markup`${countText(userCount)} users exposed from ${momentText(exposures.fromMs)} to ${momentText(exposures.toMs)}, compared with the arm ${control}.`
      : markup`Nobody has been exposed yet.`,
    summary: [
      tiles([
        { name: 'layer', value: layer },
        ...arms.map(({ arm, userCount: users, weight }) => ({
          name: arm,
          value: countText(users),
          detail: `users, weight ${quantityText(weight)}`,
        })),
        {
          name: 'sample-ratio check',
          value: sampleRatio.sound ? 'sound' : 'broken',
          detail: `p ${pText(sampleRatio.pValue)}`,
        },
      ]),
      notes([splitNote(report), ...verdicts(report)]),
    ],
    sections: arms.slice(1).flatMap(({ arm }) => {
      const rows = report.metrics.filter((metric) => metric.arm === arm);
      return rows.length === 0
        ? []
        : [
            {
              title: `${arm} against ${control}`,
              content: [effectFigure(rows, report), effectTable(rows, report)],
            },
          ];
    }),
    footer: `Written by winnow experiment report. Users count from their first exposure on${covariateDays > 0 ? `; effects are adjusted by the ${covariateDays} days before it (CUPED)` : ''}. The sequential interval holds however often one looks; the other one for a single look that was decided on beforehand.`,
  });
}

/** `0.012`; what is smaller than a ten-thousandth is said to be so. */
const pText = (p: number): string => (Number.isNaN(p) ? '–' : p < 0.0001 ? '< 0.0001' : p.toFixed(4));

function splitNote({ sampleRatio }: ExperimentReport): Note {
  return sampleRatio.sound
    ? {
        tone: 'good',
        title: 'The split is sound.',
        text: `Arms are as large as their weights say (p ${pText(sampleRatio.pValue)}).`,
      }
    : {
        tone: 'bad',
        title: 'The split is broken.',
        text: `Arms of these sizes come by chance with p ${pText(sampleRatio.pValue)}: find out who is missing, and believe no effect below.`,
      };
}

function verdicts({ metrics, alpha, sampleRatio }: ExperimentReport): Note[] {
  if (!sampleRatio.sound) return [];
  const clear = metrics.filter(({ effect }) => effect.sequential.pValue < alpha);
  if (clear.length === 0)
    return [
      {
        tone: 'note',
        title: 'No metric is clear of zero yet.',
        text: 'Go on, or end it at the size that was planned.',
      },
    ];
  return clear.map(({ metric, arm, effect }) => ({
    tone: 'note' as const,
    title: `${metric} is ${effect.difference > 0 ? 'higher' : 'lower'} in ${arm}.`,
    text: `Clear of zero however often one looks (p ${pText(effect.sequential.pValue)}).`,
  }));
}

const changeText = (share: number): string =>
  Number.isFinite(share) ? `${share > 0 ? '+' : ''}${shareText(share)}` : '–';

const intervalText = ({ low, high }: Interval, text: (value: number) => string): string =>
  `${text(low)} to ${text(high)}`;

const knownInterval = (interval: Interval): Partial<Interval> =>
  Number.isFinite(interval.low) ? interval : {};

function effectFigure(rows: readonly MetricReport[], { alpha }: ExperimentReport): Markup {
  return figure({
    title: 'Relative effects',
    caption: `Change against the control with intervals of ${shareText(1 - alpha)}, for one look.`,
    wide: true,
    plot: barPlot({
      label: 'Relative change of each metric against the control',
      widthPx: 2 * PLOT_SIZES.column.widthPx,
      value: { label: 'change against the control', format: changeText },
      series: ['change'],
      reference: { value: 0, grow: true },
      bars: rows
        .filter(({ effect }) => Number.isFinite(effect.relative))
        .map(({ metric, effect }) => ({
          label: metric,
          values: [{ value: effect.relative, ...knownInterval(effect.relativeInterval) }],
        })),
    }),
  });
}

function effectTable(rows: readonly MetricReport[], { control, covariateDays }: ExperimentReport): Markup {
  return markup`${table<MetricReport>({
    caption: 'Effects by metric',
    rows,
    columns: [
      { title: 'metric', cell: ({ metric }) => metric },
      { title: control, number: true, cell: ({ effect }) => quantityText(effect.control) },
      { title: rows[0].arm, number: true, cell: ({ effect }) => quantityText(effect.treatment) },
      {
        title: 'change',
        number: true,
        cell: ({ effect }) =>
          markup`${changeText(effect.relative)}<br><span class="interval">${intervalText(effect.relativeInterval, changeText)}</span>`,
      },
      { title: 'p, one look', number: true, cell: ({ effect }) => pText(effect.pValue) },
      {
        title: 'difference, any look',
        number: true,
        cell: ({ effect }) =>
          markup`${quantityText(effect.difference)}<br><span class="interval">${intervalText(effect.sequential.interval, quantityText)}</span>`,
      },
      { title: 'p, any look', number: true, cell: ({ effect }) => pText(effect.sequential.pValue) },
      ...(covariateDays > 0
        ? [
            {
              title: 'variance saved',
              number: true,
              cell: ({ effect }: MetricReport) => shareText(effect.varianceReduction),
            },
          ]
        : []),
    ],
  })}${paragraph('Many metrics are many chances to be fooled: decide on one before the experiment begins, and read the others as hints.')}`;
}
