import type { ProtocolReport, ProtocolRow } from '@winnow/training';
import { lossTable } from './funnel-loss-table';

/** The table that people read: one line per recommender, figures with the half-width of their 95 % interval. */
export function stageTable(data: string, report: ProtocolReport, ks: readonly number[]): string {
  const columns = ks.flatMap((k) => [`recall@${k}`, `NDCG@${k}`]);
  const width = Math.max(...report.rows.map(({ name }) => name.length)) + 2;
  const lines = [
    `${data}, split by time: ${report.userCount} users, ${report.vocabularyCount} items, seed ${report.seed}`,
    `${(100 * report.leftOutShare).toFixed(1)} % of the test events are with items that training hardly saw and nobody is asked to find`,
    '',
    `${''.padEnd(width)}${columns.map((column) => column.padStart(18)).join('')}`,
  ];
  let lastKind: ProtocolRow['kind'] | null = null;
  for (const row of report.rows) {
    if (lastKind && lastKind !== row.kind) lines.push('');
    lastKind = row.kind;
    const cells = ks.flatMap((k) => [row.report.at[k].recall, row.report.at[k].ndcg]);
    lines.push(
      `${row.name.padEnd(width)}${cells.map(({ mean, low, high }) => `${mean.toFixed(4)} ±${((high - low) / 2).toFixed(4)}`.padStart(18)).join('')}`,
    );
  }
  lines.push('', lossTable(report.losses));
  lines.push(
    '',
    `light ranker keeps ${(100 * report.lightHeavyAgreement).toFixed(1)} % of the heavy ranker's top`,
  );
  for (const [model, { losses, bestEpoch, examplesPerSecond, durationMs }] of Object.entries(report.training))
    lines.push(
      `${model.padEnd(14)} ${losses.length} epochs (best ${bestEpoch}), ${Math.round(examplesPerSecond)} examples/s, ${(durationMs / 1000).toFixed(0)} s`,
    );
  lines.push(`in all ${(report.durationMs / 1000).toFixed(0)} s`);
  return lines.join('\n');
}
