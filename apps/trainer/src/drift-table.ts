import type { DriftReport, DriftRow } from '@winnow/reporting';
import { textTable } from './evaluation-table';

const MARKS: Readonly<Record<DriftRow['level'], string>> = {
  unknown: ' ? ',
  stable: '   ',
  moderate: ' * ',
  major: ' **',
};

const dayText = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** Those beyond what chance does. */
export const driftedRows = (rows: readonly DriftRow[]): DriftRow[] =>
  rows.filter(({ level }) => level === 'moderate' || level === 'major');

/** A line a feature, a column a day: the population stability index, marked where it means something. */
export function driftTable({ release, reference, rows }: DriftReport): string {
  const days = [...new Set(rows.map(({ dayMs }) => dayMs))];
  const features = [...new Set(rows.map(({ feature }) => feature))];
  const rowOf = (feature: string, dayMs: number): DriftRow | undefined =>
    rows.find((row) => row.feature === feature && row.dayMs === dayMs);
  const cell = (row: DriftRow | undefined): string =>
    row ? `${row.psi.toFixed(3)}${MARKS[row.level]}` : '–   ';
  const drifted = driftedRows(rows);
  return [
    `release ${release}, trained on ${dayText(reference.fromMs)} to ${dayText(reference.toMs)}; population stability index by UTC day`,
    '** major (0.25 or more), * moderate (0.1 or more), beyond what chance does and what moves by nature; ? too few to tell',
    textTable<string>(
      [
        { title: 'feature', align: 'left', cell: (feature) => feature },
        ...days.map((dayMs) => ({
          title: `${dayText(dayMs).slice(5)}   `,
          cell: (feature: string) => cell(rowOf(feature, dayMs)),
        })),
      ],
      features,
    ),
    drifted.length === 0
      ? 'nothing has moved beyond what chance does'
      : `moved: ${days
          .map((dayMs) => ({ dayMs, own: drifted.filter((row) => row.dayMs === dayMs) }))
          .filter(({ own }) => own.length > 0)
          .map(({ dayMs, own }) => `${dayText(dayMs)} ${own.length} features`)
          .join(', ')}`,
  ].join('\n');
}
