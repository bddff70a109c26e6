import { countText } from '../output/quantities';
import { renderTable } from '../output/table';
import type { LoadReport } from './run-load';

const ms = (value: number): string => value.toFixed(1);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Runs side by side, then where the time went in the first of them. */
export function renderLoadReports(reports: readonly LoadReport[]): string {
  const table = renderTable(
    [
      { title: 'concurrency', align: 'right', cell: (row: LoadReport) => row.concurrency },
      { title: 'requests', align: 'right', cell: (row) => countText(row.requestCount) },
      { title: 'per second', align: 'right', cell: (row) => ms(row.throughputPerSecond) },
      { title: 'p50 ms', align: 'right', cell: (row) => ms(row.latency.p50Ms) },
      { title: 'p90 ms', align: 'right', cell: (row) => ms(row.latency.p90Ms) },
      { title: 'p99 ms', align: 'right', cell: (row) => ms(row.latency.p99Ms) },
      { title: 'max ms', align: 'right', cell: (row) => ms(row.latency.maxMs) },
      { title: 'errors', align: 'right', cell: (row) => row.errorCount },
      { title: 'degraded', align: 'right', cell: (row) => countsText(row.degraded) },
      { title: 'explained', align: 'right', cell: (row) => percent(row.explainedShare) },
    ],
    reports,
  );
  const [first] = reports;
  const stages = renderTable(
    [
      { title: 'stage', cell: ({ stage }) => stage },
      { title: 'mean ms', align: 'right', cell: ({ meanMs }) => meanMs.toFixed(2) },
      { title: 'of latency', align: 'right', cell: ({ share }) => percent(share) },
    ],
    first.stages,
  );
  const errors = reports.flatMap((report) => Object.entries(report.errors));
  const releases = [...new Set(reports.flatMap((report) => report.releases))];
  return [
    table,
    `stages at concurrency ${first.concurrency}, by the replies' own timings:\n${stages}`,
    errors.length > 0
      ? `errors:\n${errors.map(([reason, count]) => `  ${count} × ${reason}`).join('\n')}`
      : '',
    `release${releases.length === 1 ? '' : 's'}: ${releases.join(', ') || 'none'}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? '0' : entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
