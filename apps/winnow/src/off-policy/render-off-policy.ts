import type { OffPolicyEstimate } from '@winnow/evaluation';
import { countText } from '../output/quantities';
import { renderTable } from '../output/table';
import type { PolicyReport } from './read-off-policy';

/** The estimates for a terminal. */
export function renderOffPolicy(
  reports: readonly PolicyReport[],
  { eventType, surface }: { readonly eventType: string; readonly surface: string },
): string {
  const [first] = reports;
  const { decisionCount, clusterCount, logged } = first.report;
  const head = [
    `${eventType} per position left to chance on ${surface}: ${countText(decisionCount)} positions, ${countText(clusterCount)} users`,
    `the policy that made the log: ${estimateText(logged)}`,
  ].join('\n');
  const table = renderTable<PolicyReport>(
    [
      { title: 'policy', cell: ({ policy }) => policy },
      { title: 'IPS', cell: ({ report }) => estimateText(report.ips) },
      { title: 'SNIPS', cell: ({ report }) => estimateText(report.snips) },
      { title: 'doubly robust', cell: ({ report }) => estimateText(report.doublyRobust!) },
      { title: 'effective', align: 'right', cell: ({ report }) => countText(report.effectiveCount) },
      {
        title: 'unsupported',
        align: 'right',
        cell: ({ report }) => `${(100 * report.unsupportedShare).toFixed(1)} %`,
      },
    ],
    reports,
  );
  return `${head}\n\n${table}`;
}

/** Of one user there is a value, but no interval. */
const estimateText = ({ value, low, high }: OffPolicyEstimate): string =>
  `${figure(value)} (${figure(low)} to ${figure(high)})`;

const figure = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : '–');
