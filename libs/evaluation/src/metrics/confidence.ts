import { invariant, seededRandom } from '@winnow/domain';

export interface MeanWithInterval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Values the mean is over. */
  readonly count: number;
}

export interface BootstrapOptions {
  readonly seed?: number;
  /** Default 1,000. */
  readonly resampleCount?: number;
  /** Share of resampled means inside the interval. Default 0.95. */
  readonly confidence?: number;
}

/** NaN for no values. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index];
  return sum / values.length;
}

/**
 * The mean and its percentile bootstrap interval (Efron 1979): how far the mean moves when the users are drawn
 * again. Seeded, so the same values give the same interval. NaN for no values. O(values × resamples).
 */
export function meanWithInterval(
  values: ArrayLike<number>,
  options: BootstrapOptions = {},
): MeanWithInterval {
  const { seed = 1, resampleCount = 1_000, confidence = 0.95 } = options;
  const count = values.length;
  const mean = meanOf(values);
  if (count === 0) return { mean, low: NaN, high: NaN, count };
  const random = seededRandom(seed);
  const means = new Float64Array(resampleCount);
  for (let resample = 0; resample < resampleCount; resample += 1) {
    let sum = 0;
    for (let draw = 0; draw < count; draw += 1) sum += values[Math.floor(random() * count)];
    means[resample] = sum / count;
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  const at = (share: number): number => means[Math.min(resampleCount - 1, Math.floor(share * resampleCount))];
  return { mean, low: at(tail), high: at(1 - tail), count };
}

/**
 * The mean of `left − right` over pairs of the same users, and its bootstrap interval: what both have in common, such as
 * users who are hard to serve, cancels out. Pairs of which one is NaN are left out.
 */
export function pairedDifference(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  options: BootstrapOptions = {},
): MeanWithInterval {
  invariant(left.length === right.length, 'one pair per user');
  const differences: number[] = [];
  for (let index = 0; index < left.length; index += 1) {
    const difference = left[index] - right[index];
    if (!Number.isNaN(difference)) differences.push(difference);
  }
  return meanWithInterval(differences, options);
}

/** 97.5th percentile of Student's t by degrees of freedom, from 1; beyond, the normal one is near enough. */
const STUDENT_T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
/** 97.5th percentile of the standard normal: half a two-sided 95 % interval, in deviations. */
export const NORMAL_975 = 1.959963984540054;

/**
 * The mean of a few repetitions, such as one a seed, and its 95 % interval by Student's t: too few to draw from again.
 * Of a single value the interval is not known: NaN.
 */
export function meanOfRepetitions(values: readonly number[]): MeanWithInterval {
  const count = values.length;
  const mean = meanOf(values);
  if (count < 2) return { mean, low: NaN, high: NaN, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = ((STUDENT_T_975[count - 2] ?? NORMAL_975) * Math.sqrt(variance)) / Math.sqrt(count);
  return { mean, low: mean - half, high: mean + half, count };
}
