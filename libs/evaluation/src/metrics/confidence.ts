import { seededRandom } from '@winnow/domain';

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
