import { meanOf, pairedDifference, type MeanWithInterval } from '@winnow/evaluation';
import type { DriftRow } from '@winnow/reporting';
import type { Visit } from './simulated-shop';

/** Names of the arms in the order of the table. */
export const ARM_NAMES = ['retrained', 'frozen', 'popular', 'oracle'] as const;
export type ArmName = (typeof ARM_NAMES)[number];

/** Expected clicks of what each arm served at one visit. */
export interface JudgedVisit {
  readonly day: number;
  readonly visit: Visit;
  readonly reward: Readonly<Record<ArmName, number>>;
}

export interface RewardRow {
  readonly day: number | 'all';
  readonly visitCount: number;
  readonly userCount: number;
  readonly mean: Readonly<Record<ArmName, number>>;
  /** Retrained minus the other, paired by user: every user counts once, however often they came. */
  readonly overFrozen: MeanWithInterval;
  readonly overPopular: MeanWithInterval;
  /** Of the means over users, relative. */
  readonly leadOverPopular: number;
}

/** A row a day and one for all of them. */
export function rewardRows(visits: readonly JudgedVisit[], seed: number): RewardRow[] {
  const days = [...new Set(visits.map(({ day }) => day))];
  return [
    ...days.map((day) =>
      rowOf(
        day,
        visits.filter((one) => one.day === day),
        seed,
      ),
    ),
    rowOf('all', visits, seed),
  ];
}

function rowOf(day: RewardRow['day'], visits: readonly JudgedVisit[], seed: number): RewardRow {
  const byUser = new Map<number, JudgedVisit[]>();
  for (const judged of visits)
    byUser.set(judged.visit.user, [...(byUser.get(judged.visit.user) ?? []), judged]);
  const users = [...byUser.values()];
  const ofUsers = (arm: ArmName): number[] =>
    users.map((own) => meanOf(own.map(({ reward }) => reward[arm])));
  const [retrained, frozen, popular, oracle] = ARM_NAMES.map(ofUsers);
  return {
    ...{ day, visitCount: visits.length, userCount: users.length },
    mean: {
      ...{ retrained: meanOf(retrained), frozen: meanOf(frozen) },
      ...{ popular: meanOf(popular), oracle: meanOf(oracle) },
    },
    overFrozen: pairedDifference(retrained, frozen, { seed }),
    overPopular: pairedDifference(retrained, popular, { seed }),
    leadOverPopular: meanOf(retrained) / meanOf(popular) - 1,
  };
}

const text = (value: number): string => value.toFixed(3).padStart(8);
const intervalText = ({ mean, low, high }: MeanWithInterval): string =>
  `${mean >= 0 ? '+' : ''}${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`.padStart(26);

/** The rows as people read them. */
export const rewardTable = (rows: readonly RewardRow[]): string =>
  [
    ` day  visits ${ARM_NAMES.map((name) => name.padStart(9)).join('')} ${'retrained − frozen'.padStart(26)} ${'retrained − popular'.padStart(26)}   lead`,
    ...rows.map(
      ({ day, visitCount, mean, overFrozen, overPopular, leadOverPopular }) =>
        `${String(day).padStart(4)} ${String(visitCount).padStart(7)}  ${ARM_NAMES.map((name) => text(mean[name])).join(' ')} ${intervalText(overFrozen)} ${intervalText(overPopular)} ${(100 * leadOverPopular).toFixed(0).padStart(4)} %`,
    ),
  ].join('\n');

const MOVED_COUNT_MAX = 6;

/** The features that moved most on a day, in a line. */
export function driftText(rows: readonly DriftRow[]): string {
  if (rows.length === 0) return 'none';
  const worst = rows.toSorted((left, right) => right.psi - left.psi).slice(0, MOVED_COUNT_MAX);
  const named = worst.map(({ feature, psi, level }) => `${feature} ${psi.toFixed(2)} (${level})`).join(', ');
  return `${rows.length} features: ${named}`;
}
