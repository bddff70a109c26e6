import { chiSquareTail } from './distributions';

/** Whether the arms' sizes are what chance makes of their weights. */
export interface SampleRatioCheck {
  /** Pearson's χ² of the arms' sizes against their weights. */
  readonly statistic: number;
  readonly pValue: number;
  /** False: who is in which arm has to do with something else than chance, and no effect can be believed. */
  readonly sound: boolean;
}

/** A sound split looks this bad once in a thousand reports; a broken one is rarely this good. */
const SAMPLE_RATIO_ALPHA = 0.001;

/**
 * Whether arms are as large as their weights say (Fabijan et al., "Diagnosing sample ratio mismatch", KDD 2019). Run it
 * before any effect: redirects, crashes and lost logs take users out of one arm, and seldom at random.
 */
export function checkSampleRatio(
  arms: readonly { readonly userCount: number; readonly weight: number }[],
): SampleRatioCheck {
  const total = arms.reduce((sum, { userCount }) => sum + userCount, 0);
  const totalWeight = arms.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return { statistic: 0, pValue: 1, sound: true };
  const statistic = arms.reduce((sum, { userCount, weight }) => {
    const expected = (total * weight) / totalWeight;
    return userCount === expected ? sum : sum + (userCount - expected) ** 2 / expected;
  }, 0);
  const pValue = chiSquareTail(statistic, arms.length - 1);
  return { statistic, pValue, sound: pValue >= SAMPLE_RATIO_ALPHA };
}
