import type { ExperimentReport, MetricReport } from '@winnow/experiments';
import { countText, timeText } from '../output/quantities';
import { renderTable } from '../output/table';

/** The report for a terminal. */
export function renderReport(report: ExperimentReport): string {
  const { experiment, layer, control, arms, exposures, sampleRatio, metrics, covariateDays } = report;
  if (exposures === null) return `${experiment}: nobody has been exposed yet`;
  const head = [
    `${experiment} in layer ${layer}, against ${control}; exposed ${timeText(exposures.fromMs)} to ${timeText(exposures.toMs)}`,
    `users: ${arms.map(({ arm, userCount }) => `${arm} ${countText(userCount)}`).join(', ')}`,
    sampleRatio.sound
      ? `split: sound (p ${pText(sampleRatio.pValue)})`
      : `split: BROKEN (p ${pText(sampleRatio.pValue)}): find out who is missing, and believe no effect below`,
    covariateDays > 0 ? `adjusted by the ${covariateDays} days before each exposure (CUPED)` : 'not adjusted',
  ].join('\n');
  const table = renderTable<MetricReport>(
    [
      { title: 'metric', cell: ({ metric }) => metric },
      { title: 'arm', cell: ({ arm }) => arm },
      { title: control, align: 'right', cell: ({ effect }) => effect.control.toPrecision(4) },
      { title: 'in the arm', align: 'right', cell: ({ effect }) => effect.treatment.toPrecision(4) },
      { title: 'change', align: 'right', cell: ({ effect }) => changeText(effect.relative) },
      {
        title: 'interval, one look',
        cell: ({ effect: { relativeInterval: interval } }) =>
          `${changeText(interval.low)} to ${changeText(interval.high)}`,
      },
      { title: 'p', align: 'right', cell: ({ effect }) => pText(effect.pValue) },
      { title: 'p, any look', align: 'right', cell: ({ effect }) => pText(effect.sequential.pValue) },
    ],
    metrics,
  );
  return metrics.length > 0 ? `${head}\n\n${table}` : head;
}

const pText = (p: number): string => (Number.isNaN(p) ? '–' : p < 0.0001 ? '<0.0001' : p.toFixed(4));
const changeText = (share: number): string =>
  Number.isFinite(share) ? `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %` : '–';
