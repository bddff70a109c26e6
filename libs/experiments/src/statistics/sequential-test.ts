import type { Interval } from './effect';

/**
 * The mixing distribution's deviation, in standard deviations of the metric: the size of effect at which looking early
 * costs least. Fixed beforehand, as the guarantee wants it.
 */
const MIXING_DEVIATION = 0.05;

/** Interval and p-value for whoever looks as often as they like. */
export interface SequentialTest {
  readonly interval: Interval;
  readonly pValue: number;
}

/**
 * Interval and p-value that hold at every look at once, so that one may stop the moment they are clear of zero: the
 * mixture sequential probability ratio test (Robbins 1970; Johari, Koomen, Pekelis and Walsh, "Always valid inference",
 * Operations Research 2022) with a normal mixture, for an estimate that is asymptotically normal.
 *
 * NaN without a standard error to go by.
 *
 * @param standardDeviation of the metric over users, which sizes the mixture
 */
export function sequentialTest(options: {
  readonly difference: number;
  readonly standardError: number;
  readonly standardDeviation: number;
  readonly alpha: number;
}): SequentialTest {
  const { difference, standardError, standardDeviation, alpha } = options;
  const variance = standardError ** 2;
  const mixing = (MIXING_DEVIATION * standardDeviation) ** 2;
  if (variance === 0 && difference === 0) return { interval: { low: 0, high: 0 }, pValue: 1 };
  if (!(variance > 0) || !(mixing > 0)) return { interval: { low: NaN, high: NaN }, pValue: NaN };
  const both = variance + mixing;
  const logRatio =
    0.5 * Math.log(variance / both) + (mixing * difference * difference) / (2 * variance * both);
  const half = Math.sqrt(((variance * both) / mixing) * (Math.log(both / variance) - 2 * Math.log(alpha)));
  return {
    interval: { low: difference - half, high: difference + half },
    pValue: Math.min(1, Math.exp(-logRatio)),
  };
}
