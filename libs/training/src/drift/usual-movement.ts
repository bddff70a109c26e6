import { driftOf, type Observation } from '@winnow/evaluation';
import { distributionsOf } from './distributions';
import type { Observations } from './log-observations';

/** Newest days whose movement is taken for usual: one alone may have been unlike any other. */
const DAY_COUNT = 3;

/** Observations of several days as those of one. */
export function united(days: readonly Observations[]): Observations {
  const names = new Set(days.flatMap((day) => Object.keys(day)));
  return Object.fromEntries(
    [...names].map((name) => [name, together(days.flatMap((day) => day[name] ?? []))]),
  );
}

/** One copy of the values, however many days: a week of a large site has millions. */
function together(observations: readonly Observation[]): Observation {
  const sampleCount = observations.reduce((sum, one) => sum + one.sampleCount, 0);
  const numbers = observations.flatMap((one) => (one.kind === 'number' ? [one.values] : []));
  if (numbers.length === observations.length) {
    const values = new Float64Array(numbers.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const own of numbers) {
      values.set(own, at);
      at += own.length;
    }
    return { kind: 'number', values, sampleCount };
  }
  const countOf = new Map<string, number>();
  for (const one of observations) {
    if (one.kind !== 'category') throw new Error('a number is united with a number');
    for (const [value, count] of one.countOf) countOf.set(value, (countOf.get(value) ?? 0) + count);
  }
  return { kind: 'category', countOf, sampleCount };
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
