import type { TrialSettings } from '../search-space';
import type { EvaluationRecord, StudySettings } from './study';

/** One trial as it stands. */
export interface Standing {
  readonly trial: number;
  readonly settings: TrialSettings;
  /** The highest that it reached. */
  readonly rung: number;
  readonly share: number;
  /** There; null when it failed. */
  readonly objective: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly reason?: string;
  /** Of all its evaluations. */
  readonly durationMs: number;
  /** Objectives with the study's own seed and with others; only where it has the full budget. */
  readonly objectives: readonly number[];
}

/**
 * Trials, best first: who got further stands above who did not, since it won against those it competed with; on one rung
 * the objective decides. Failed ones are last.
 */
export function leaderboard(records: readonly EvaluationRecord[]): readonly Standing[] {
  const byTrial = new Map<number, EvaluationRecord[]>();
  for (const record of records) byTrial.set(record.trial, [...(byTrial.get(record.trial) ?? []), record]);
  return [...byTrial].map(([trial, own]) => standing(trial, own)).toSorted(compareStandings);
}

function standing(trial: number, records: readonly EvaluationRecord[]): Standing {
  const last = records
    .filter(({ repeat }) => repeat === 0)
    .reduce((highest, record) => (record.rung >= highest.rung ? record : highest));
  const { settings, rung, share, objective, metrics, reason } = last;
  const full = records
    .filter((record) => record.share === 1)
    .toSorted((left, right) => left.repeat - right.repeat);
  return {
    ...{ trial, settings, rung, share, objective, metrics },
    ...(reason === undefined ? {} : { reason }),
    durationMs: records.reduce((sum, record) => sum + record.durationMs, 0),
    objectives: full.flatMap((record) => record.objective ?? []),
  };
}

function compareStandings(left: Standing, right: Standing): number {
  if (left.objective === null || right.objective === null)
    return Number(left.objective === null) - Number(right.objective === null) || left.trial - right.trial;
  return right.rung - left.rung || right.objective - left.objective || left.trial - right.trial;
}

/** The best trial and the defaults with the full budget. */
export interface StudyOutcome {
  readonly best: Standing;
  readonly defaults: Standing;
  /** Means over the study's seed and the others; NaN while nothing was confirmed. */
  readonly confirmed: { readonly best: number; readonly defaults: number; readonly seedCount: number };
  /** Whether the best is better than the defaults: on the mean over seeds where there are several. */
  readonly improves: boolean;
}

/** Null until the defaults and a trial have been measured with the full budget. */
export function outcomeOf(
  { confirmSeeds }: Pick<StudySettings, 'confirmSeeds'>,
  records: readonly EvaluationRecord[],
): StudyOutcome | null {
  const standings = leaderboard(records).filter(({ share, objective }) => share === 1 && objective !== null);
  const defaults = standings.find(({ trial }) => trial === 0);
  if (!defaults) return null;
  const best = standings[0];
  const seedCount = Math.min(best.objectives.length, defaults.objectives.length);
  const repeated = confirmSeeds > 0 && seedCount > 1;
  const mean = ({ objectives }: Standing): number =>
    repeated ? objectives.slice(0, seedCount).reduce((sum, value) => sum + value, 0) / seedCount : NaN;
  const confirmed = { best: mean(best), defaults: mean(defaults), seedCount };
  const improves = repeated ? confirmed.best > confirmed.defaults : best.objective! > defaults.objective!;
  return { best, defaults, confirmed, improves: best.trial !== 0 && improves };
}
