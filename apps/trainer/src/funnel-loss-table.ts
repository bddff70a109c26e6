import type { FunnelLossReport, LossExample, LossRow } from '@winnow/training';
import { textTable } from './evaluation-table';

const WORDS: Readonly<Record<LossRow['at'], (component: string) => string>> = {
  retrieval: () => 'not retrieved',
  filter: (component) => `removed by the filter ${component}`,
  cut: (component) => `cut after ${component}`,
  ranking: (component) => `ranked low by ${component}`,
  reranking: (component) => `pushed back by ${component}`,
  shown: () => 'shown',
};

/** Where wanted items were lost, one line a place; with `nameOf`, examples of each. */
export function lossTable(
  { k, userCount, wantedCount, rows }: FunnelLossReport,
  nameOf?: (example: LossExample) => string,
): string {
  const examples = {
    title: 'for example',
    align: 'left' as const,
    cell: (row: LossRow) => (nameOf ? row.examples.map(nameOf).join('; ') : ''),
  };
  return [
    `${wantedCount} items that ${userCount} users then turned to; the first ${k} are shown:`,
    textTable<LossRow>(
      [
        { title: 'what became of them', align: 'left', cell: ({ at, component }) => WORDS[at](component) },
        { title: 'items', cell: ({ count }) => String(count) },
        { title: 'share', cell: ({ share }) => `${(100 * share).toFixed(1)} %` },
        ...(nameOf ? [examples] : []),
      ],
      rows,
    ),
  ].join('\n');
}
