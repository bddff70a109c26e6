import { DRIFT_THRESHOLDS, type Distribution, type DriftLevel } from '@winnow/evaluation';
import { type Markup, markup } from '../markup/markup';
import { renderPage, type Section } from '../page/page';
import { figure, figures, type Note, notes, paragraph, table, tiles } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { curvePlot } from '../plots/curve-plot';
import { countText, dayText, metricText, quantityText, shareText } from '../quantities';
import type { DriftReport, DriftRow } from './drift-report';

/** Lines and pictures beyond this many are read by nobody; the table has them all. */
const FEATURE_COUNT_MAX = 6;

const MARKS: Readonly<Record<DriftLevel, string>> = {
  unknown: '?',
  stable: '',
  moderate: ' ▲',
  major: ' ▲▲',
};

/** How far what comes in has moved from what a release was trained on, as one HTML file. */
export function renderDriftReport(report: DriftReport): string {
  const days = daysOf(report);
  const { fromMs, toMs } = report.reference;
  return renderPage({
    title: `Drift from ${report.release}`,
    lead: markup`${days.length === 0 ? 'No day' : `${dayText(days[0])} to ${dayText(days[days.length - 1])}`}, compared with what the release was trained on: the log of ${dayText(fromMs)} to ${dayText(toMs)}, and the requests of its newest, held-out day.`,
    summary: [summaryTiles(report, days), notes(driftNotes(report, days))],
    sections: [indexSection(report, days), ...pictureSections(report, days)],
    footer: `Written by winnow drift. PSI is the population stability index over ten bins of about equal size: below ${DRIFT_THRESHOLDS.moderate} nothing much, from ${DRIFT_THRESHOLDS.major} on a lot has changed. A day counts as drifted only beyond what chance does to samples of its size once in a hundred times; and what moves from day to day by nature, as ages and counts do, from one and a half times the most that it moved in the newest days of training.`,
  });
}

const daysOf = ({ rows }: DriftReport): number[] => [...new Set(rows.map(({ dayMs }) => dayMs))];

const isDrift = ({ level }: DriftRow): boolean => level === 'moderate' || level === 'major';

function summaryTiles({ rows }: DriftReport, days: readonly number[]): Markup {
  const newest = rows.filter(({ dayMs }) => dayMs === days[days.length - 1]);
  const count = (level: DriftLevel): string => countText(newest.filter((row) => row.level === level).length);
  return tiles([
    { name: 'newest day', value: days.length === 0 ? '–' : dayText(days[days.length - 1]) },
    { name: 'features', value: countText(newest.length) },
    { name: 'major drift', value: count('major') },
    { name: 'moderate drift', value: count('moderate') },
    { name: 'too few to tell', value: count('unknown') },
  ]);
}

function driftNotes({ rows }: DriftReport, days: readonly number[]): Note[] {
  const drifted = days.flatMap((dayMs) => {
    const own = rows.filter((row) => row.dayMs === dayMs && isDrift(row));
    if (own.length === 0) return [];
    const worst = own.toSorted((left, right) => right.psi - left.psi).slice(0, 3);
    return [
      {
        tone: own.some(({ level }) => level === 'major') ? ('bad' as const) : ('note' as const),
        title: `${dayText(dayMs)}: ${own.length} features have moved.`,
        text: worst.map(({ feature, psi }) => `${feature} (${psi.toFixed(2)})`).join(', '),
      },
    ];
  });
  if (drifted.length > 0) return drifted;
  return [{ tone: 'good', title: 'Nothing has moved', text: 'beyond what chance does.' }];
}

/** Features by their greatest index on any day, greatest first. */
function ranked(
  rows: readonly DriftRow[],
): { readonly feature: string; readonly rows: readonly DriftRow[] }[] {
  const byFeature = new Map<string, DriftRow[]>();
  for (const row of rows) byFeature.set(row.feature, [...(byFeature.get(row.feature) ?? []), row]);
  const worst = (own: readonly DriftRow[]): number =>
    Math.max(...own.map((row) => (isDrift(row) ? 1 : 0) + row.psi / 100));
  return [...byFeature]
    .map(([feature, own]) => ({ feature, rows: own }))
    .sort((left, right) => worst(right.rows) - worst(left.rows));
}

function indexSection({ rows }: DriftReport, days: readonly number[]): Section {
  const cell = (row: DriftRow | undefined): Markup =>
    row
      ? markup`${row.psi.toFixed(3)}${MARKS[row.level]}<br><span class="interval">${row.ks === null ? '' : `KS ${row.ks.toFixed(2)}, `}n ${countText(row.sampleCount)}</span>`
      : markup`–`;
  return {
    title: 'By feature and day',
    content: [
      paragraph(
        '▲ moderate, ▲▲ major, ? too few to tell. n: people, or requests for features and predictions.',
      ),
      table({
        caption: 'Population stability index, the features that moved most first',
        rows: ranked(rows),
        columns: [
          { title: 'feature', cell: ({ feature }) => feature },
          ...days.map((dayMs) => ({
            title: dayText(dayMs),
            number: true,
            cell: (row: { readonly rows: readonly DriftRow[] }) =>
              cell(row.rows.find((one) => one.dayMs === dayMs)),
          })),
        ],
      }),
    ],
  };
}

function pictureSections(report: DriftReport, days: readonly number[]): Section[] {
  const worst = ranked(report.rows).slice(0, FEATURE_COUNT_MAX);
  if (worst.length === 0) return [];
  return [
    {
      title: 'Over the days',
      content: [
        figures([
          figure({
            title: 'The features that moved most',
            legend: worst.map(({ feature }) => feature),
            lines: true,
            wide: true,
            plot: curvePlot({
              label: 'Population stability index by day',
              x: { label: `day, from ${dayText(days[0])}`, whole: true },
              y: { label: 'population stability index', low: 0 },
              series: worst.map(({ feature, rows }) => ({
                name: feature,
                draw: 'line-and-points',
                points: rows.map(({ dayMs, psi }) => ({ x: days.indexOf(dayMs) + 1, y: psi })),
              })),
            }),
          }),
        ]),
      ],
    },
    {
      title: 'Then and now',
      content: [
        figures(
          worst.map(({ feature, rows }) =>
            sharesFigure(report.reference.distributions[feature], rows[rows.length - 1]),
          ),
        ),
      ],
    },
  ];
}

function sharesFigure(reference: Distribution, row: DriftRow): Markup {
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const share = (counts: readonly number[], bin: number): number => counts[bin] / Math.max(1, total(counts));
  return figure({
    title: row.feature,
    caption: `Shares on ${dayText(row.dayMs)} beside those of training; PSI ${metricText(row.psi)}, by chance up to ${metricText(row.psiByChance)}.`,
    legend: ['training', dayText(row.dayMs)],
    plot: barPlot({
      label: `Shares of ${row.feature} in training and on ${dayText(row.dayMs)}`,
      value: { label: 'share', format: shareText },
      series: ['training', dayText(row.dayMs)],
      bars: binNames(reference).map((label, bin) => ({
        label,
        values: [{ value: share(reference.counts, bin) }, { value: share(row.counts, bin) }],
      })),
    }),
  });
}

function binNames(reference: Distribution): string[] {
  if (reference.kind === 'category') return [...reference.names, 'others'];
  const { edges } = reference;
  if (edges.length === 0) return ['all values'];
  return [
    `below ${quantityText(edges[0])}`,
    ...edges.slice(1).map((edge, index) => `${quantityText(edges[index])} to ${quantityText(edge)}`),
    `from ${quantityText(edges[edges.length - 1])}`,
  ];
}
