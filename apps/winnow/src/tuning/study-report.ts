import { leaderboard } from '@winnow/tuning';
import type { EvaluationRecord, Standing, StudyOutcome, StudySettings } from '@winnow/tuning';
import { durationText } from '../output/quantities';
import { renderTable } from '../output/table';
import type { Column } from '../output/table';

/** What `--json` prints. */
export interface StudyReport {
  readonly formatVersion: 1;
  readonly folder: string;
  readonly study: StudySettings;
  readonly state: 'done' | 'out-of-time' | 'stopped';
  readonly evaluations: readonly EvaluationRecord[];
  readonly outcome: StudyOutcome | null;
  /** What changed in winnow.yaml, or would with `--write`; empty when the defaults are the best. */
  readonly diff: string;
}

const ROWS_MAX = 10;

/** The last part of a path, with as many before it as it takes to tell the parameters apart. */
export function shortNames(paths: readonly string[]): readonly string[] {
  const tail = (path: string, count: number): string => path.split('.').slice(-count).join('.');
  return paths.map((path) => {
    let count = 1;
    while (paths.some((other) => other !== path && tail(other, count) === tail(path, count))) count += 1;
    return tail(path, count);
  });
}

/** The best trials as a table, with the defaults below them where they are not among these. */
export function leaderboardText(study: StudySettings, records: readonly EvaluationRecord[]): string {
  const standings = leaderboard(records);
  const shown = standings.slice(0, ROWS_MAX);
  const defaults = standings.find(({ trial }) => trial === 0);
  if (defaults && !shown.includes(defaults)) shown.push(defaults);
  const names = shortNames(study.space.map(({ path }) => path));
  const left = standings.length - shown.length;
  const table = renderTable<Standing>(
    [
      { title: '#', align: 'right', cell: (one) => standings.indexOf(one) + 1 },
      { title: 'trial', align: 'right', cell: ({ trial }) => (trial === 0 ? 'defaults' : trial) },
      { title: 'NDCG@20', align: 'right', cell: objectiveText },
      { title: 'recall@20', align: 'right', cell: ({ metrics }) => figure(metrics['recall']) },
      { title: 'budget', align: 'right', cell: ({ share }) => `${Math.round(100 * share)} %` },
      { title: 'took', align: 'right', cell: ({ durationMs }) => durationText(durationMs) },
      ...study.space.map(({ path }, index): Column<Standing> => ({
        title: names[index],
        align: 'right',
        cell: ({ settings }) => String(settings[path]),
      })),
    ],
    shown,
  );
  return left > 0 ? `${table}\n… and ${left} more` : table;
}

const objectiveText = ({ objective, reason }: Standing): string =>
  objective === null ? `failed: ${reason}` : objective.toFixed(4);

const figure = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(4));

/** What the study found, in a sentence or two. */
export function outcomeText({ confirmSeeds }: StudySettings, outcome: StudyOutcome | null): string {
  if (!outcome)
    return 'nothing can be compared yet: the defaults or all trials have no result with the full budget';
  const { best, defaults, confirmed, improves } = outcome;
  if (best.trial === 0)
    return `the defaults are the best: NDCG@20 ${defaults.objective!.toFixed(4)} on the validation window`;
  const gain = (to: number, from: number): string => `${(100 * (to / from - 1)).toFixed(1)} %`;
  const own = `trial ${best.trial}: NDCG@20 ${best.objective!.toFixed(4)} on the validation window, defaults ${defaults.objective!.toFixed(4)} (${gain(best.objective!, defaults.objective!)})`;
  if (!Number.isFinite(confirmed.best)) return confirmSeeds > 0 ? `${own}; not confirmed yet` : own;
  const means = `over ${confirmed.seedCount} seeds ${confirmed.best.toFixed(4)}, defaults ${confirmed.defaults.toFixed(4)} (${gain(confirmed.best, confirmed.defaults)})`;
  return improves ? `${own}; ${means}` : `${own}, but ${means}: no better than chance`;
}
