import { driftOf, type Observation } from '@winnow/evaluation';
import { distributionsOf } from './distributions';
import type { Observations } from './log-observations';

/** Newest days whose movement is taken for usual: one alone may have been unlike any other. */
const DAY_COUNT = 3;

/** Observations of several days as those of one. */
export function united(days: readonly Observations[]): Observations {
  const names = new Set(days.flatMap((day) => Object.keys(day)));
  return Object.fromEntries(
    [...names].map((name) => [name, days.flatMap((day) => day[name] ?? []).reduce(together)]),
  );
}

function together(one: Observation, other: Observation): Observation {
  const sampleCount = one.sampleCount + other.sampleCount;
  if (one.kind === 'number' && other.kind === 'number')
    return { kind: 'number', values: [...Array.from(one.values), ...Array.from(other.values)], sampleCount };
  if (one.kind === 'category' && other.kind === 'category') {
    const countOf = new Map(one.countOf);
    for (const [value, count] of other.countOf) countOf.set(value, (countOf.get(value) ?? 0) + count);
    return { kind: 'category', countOf, sampleCount };
  }
  throw new Error('a number is united with a number');
}

/**
 * By feature: the greatest index of the newest three days, each beside the `dayCountBefore` days before it, as a day that
 * comes later is held beside the reference. What ages or grows with time moves so on the quietest of days.
 */
export function usualMovement(
  days: readonly Observations[],
  { dayCountBefore }: { readonly dayCountBefore: number },
): Record<string, number> {
  const usual: Record<string, number> = {};
  for (let day = Math.max(1, days.length - DAY_COUNT); day < days.length; day += 1) {
    const before = distributionsOf(united(days.slice(Math.max(0, day - dayCountBefore), day)));
    for (const [feature, distribution] of Object.entries(before)) {
      const observed = days[day][feature];
      if (observed?.kind !== distribution.kind) continue;
      const { psi, level } = driftOf(distribution, observed);
      if (level !== 'unknown') usual[feature] = Math.max(usual[feature] ?? 0, psi);
    }
  }
  return usual;
}
