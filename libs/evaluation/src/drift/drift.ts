import { invariant } from '@winnow/domain';
import type { Distribution, NumberDistribution } from './distribution';
import { countsBetween, countsOfNames, shareUpTo } from './distribution';

/** How far a distribution has moved, and how far chance alone would move it. */
export interface DriftFigures {
  readonly psi: number;
  /** What is seen at most once in a hundred times when nothing has changed. */
  readonly psiByChance: number;
  /** Null for categories. */
  readonly ks: number | null;
  readonly ksByChance: number | null;
  /** How far it moves from day to day when nothing has happened; 0 where nobody knows. */
  readonly usualPsi: number;
  readonly level: DriftLevel;
  /** In the bins of the reference. */
  readonly counts: readonly number[];
}

export const DRIFT_LEVELS = ['unknown', 'stable', 'moderate', 'major'] as const;
export type DriftLevel = (typeof DRIFT_LEVELS)[number];

/** What is usual (Siddiqi, Credit risk scorecards, 2006): below the first nothing, from the second on a lot has changed. */
export const DRIFT_THRESHOLDS = { moderate: 0.1, major: 0.25 } as const;

/** Values of a day: numbers, or counts by name; `sampleCount` of them independent. */
export type Observation =
  | { readonly kind: 'number'; readonly values: ArrayLike<number>; readonly sampleCount: number }
  | {
      readonly kind: 'category';
      readonly countOf: ReadonlyMap<string, number>;
      readonly sampleCount: number;
    };

/**
 * Some features move by nature: items age, counts grow. Such a one has drifted only once it has moved by so many times what
 * it moves anyway.
 */
const BEYOND_USUAL = 1.5;
/** Added to every bin, so that one that is empty on one side leaves the index finite (Jeffreys). */
const PRIOR = 0.5;
/** Fewer independent samples than this say nothing. */
const SAMPLE_COUNT_MIN = 10;
/** Normal quantile of 0.99. */
const NORMAL_99 = 2.3263;
/** Of the two-sided Kolmogorov distribution at 0.99. */
const KOLMOGOROV_99 = 1.6276;

/**
 * Population stability index: Σ (p − q) ln(p ÷ q) over bins, the symmetric Kullback–Leibler divergence. 0 when both have the
 * same shares.
 */
export function populationStability(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  invariant(reference.length === current.length, 'the same bins on both sides');
  const shares = (counts: ArrayLike<number>): number[] => {
    const all = Array.from(counts, (count) => count + PRIOR);
    const total = all.reduce((sum, count) => sum + count, 0);
    return all.map((count) => count / total);
  };
  const [before, after] = [shares(reference), shares(current)];
  return after.reduce((sum, share, bin) => sum + (share - before[bin]) * Math.log(share / before[bin]), 0);
}

/**
 * The index that equal distributions exceed once in a hundred times: it is about χ² of bins − 1 degrees of freedom times
 * 1/n + 1/m (Yurdakul and Naranjo 2020), the quantile by Wilson and Hilferty.
 */
export function populationStabilityByChance(binCount: number, n: number, m: number): number {
  const degrees = binCount - 1;
  if (degrees < 1) return 0;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + NORMAL_99 * Math.sqrt(spread)) ** 3 * (1 / n + 1 / m);
}

/** Kolmogorov–Smirnov distance: the greatest difference of the shares up to any value. O(n log n). */
export function kolmogorovSmirnov(reference: NumberDistribution, values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  let greatest = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to] === sorted[from]) to += 1;
    const [below, upTo] = [from / sorted.length, to / sorted.length];
    const value = sorted[from];
    // Just below the value the reference has what is strictly smaller.
    const strictly = shareUpTo(reference, value - Math.abs(value) * Number.EPSILON - Number.MIN_VALUE);
    greatest = Math.max(greatest, Math.abs(shareUpTo(reference, value) - upTo), Math.abs(strictly - below));
    from = to;
  }
  return greatest;
}

/**
 * Compares what was seen with a reference of the same kind. Too few samples on either side: `unknown`. `usualPsi` is the
 * index by which the feature moves anyway: the thresholds rise with it.
 */
export function driftOf(reference: Distribution, observed: Observation, usualPsi = 0): DriftFigures {
  invariant(reference.kind === observed.kind, 'a number is compared with a number');
  const counts = countsInBins(reference, observed);
  const [n, m] = [reference.sampleCount, observed.sampleCount];
  const known = Math.min(n, m) >= SAMPLE_COUNT_MIN;
  const usedBins = counts.filter((count, bin) => count + reference.counts[bin] > 0).length;
  const psi = populationStability(reference.counts, counts);
  const psiByChance = populationStabilityByChance(usedBins, n, m);
  const continuous = reference.kind === 'number' && observed.kind === 'number' && known;
  return {
    ...{ psi, psiByChance, usualPsi, counts },
    ks: continuous ? kolmogorovSmirnov(reference, observed.values) : null,
    ksByChance: continuous ? KOLMOGOROV_99 * Math.sqrt(1 / n + 1 / m) : null,
    level: known ? levelOf({ psi, psiByChance, usualPsi }) : 'unknown',
  };
}

function countsInBins(reference: Distribution, observed: Observation): number[] {
  if (reference.kind === 'number')
    return countsBetween(reference.edges, observed.kind === 'number' ? observed.values : []);
  return countsOfNames(reference.names, observed.kind === 'category' ? observed.countOf : new Map());
}

/** A large index by chance alone is no drift, nor is one that the feature has on any day. */
function levelOf({
  psi,
  psiByChance,
  usualPsi,
}: Pick<DriftFigures, 'psi' | 'psiByChance' | 'usualPsi'>): DriftLevel {
  const moderate = Math.max(DRIFT_THRESHOLDS.moderate, BEYOND_USUAL * usualPsi);
  if (psi <= psiByChance || psi < moderate) return 'stable';
  return psi < (moderate * DRIFT_THRESHOLDS.major) / DRIFT_THRESHOLDS.moderate ? 'moderate' : 'major';
}
