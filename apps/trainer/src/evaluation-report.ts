import type { ColdStartReport, ProtocolReport, ProtocolRow } from '@winnow/training';
import { textTable } from './evaluation-table';
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

/** What the funnel does with items and users that are new: two tables, a line for each length of list. */
export function coldStartText(data: string, report: ColdStartReport): string {
  const { hidden, newUsers, vocabularyCount, seed, durationMs } = report;
  const times = (value: number): string => `${value.toFixed(1)} x`;
  return [
    `${data}, split by time, seed ${seed}: ${hidden.itemCount} of ${vocabularyCount} items hidden from training, found by their content`,
    `${hidden.userCount} users turned to one of them in the test window`,
    '',
    textTable<(typeof hidden.recall)[number]>(
      [
        { title: 'hidden items', align: 'left', cell: ({ k }) => `recall@${k}` },
        { title: 'funnel', cell: ({ funnel }) => funnel.toFixed(4) },
        { title: 'random', cell: ({ random }) => random.toFixed(4) },
        { title: 'ratio', cell: ({ funnel, random }) => times(funnel / random) },
      ],
      hidden.recall,
    ),
    '',
    `${newUsers.userCount} users, with all of their history and as new users with ${newUsers.clickCount} clicks`,
    '',
    textTable<(typeof newUsers.recall)[number]>(
      [
        { title: 'all items', align: 'left', cell: ({ k }) => `recall@${k}` },
        { title: 'full history', cell: ({ full }) => full.toFixed(4) },
        { title: 'new user', cell: ({ newUser }) => newUser.toFixed(4) },
        { title: 'kept', cell: ({ full, newUser }) => `${((100 * newUser) / full).toFixed(0)} %` },
      ],
      newUsers.recall,
    ),
    '',
    `in all ${(durationMs / 1000).toFixed(0)} s`,
  ].join('\n');
}
