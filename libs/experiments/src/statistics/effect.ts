import { meanOf } from '@winnow/evaluation';
import { twoSidedNormalQuantile, twoSidedNormalTail } from './distributions';
import { sequentialTest, type SequentialTest } from './sequential-test';

/** Both ends included; NaN where none can be given. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** One metric over the users of one arm, as parallel columns, [users]. */
export interface ArmOutcomes {
  readonly numerator: Float64Array;
  /** Absent: a mean per user; else the ratio Σ numerator / Σ denominator. */
  readonly denominator?: Float64Array;
  /** The same metric before the user was exposed, which no arm can have changed: CUPED's covariate. */
  readonly before?: Float64Array;
}

/** What an arm did to a metric, compared with the control. */
export interface Effect {
  readonly control: number;
  readonly treatment: number;
  /** treatment − control, adjusted by the covariate if there is one. */
  readonly difference: number;
  readonly standardError: number;
  /** Holds for one look, decided on beforehand. */
  readonly interval: Interval;
  /** NaN, like the intervals, where chance cannot be sized: too few users, or arms whose users are all alike. */
  readonly pValue: number;
  /** Holds however often one looks. */
  readonly sequential: SequentialTest;
  /** `difference` as a share of the control, by the delta method; NaN of a control of 0. */
  readonly relative: number;
  readonly relativeInterval: Interval;
  /** Share of the variance that the covariate took away; 0 without one. */
  readonly varianceReduction: number;
}

/** How sure intervals are to be. */
export interface EffectOptions {
  /** Default 0.05: intervals of 95 %. */
  readonly alpha?: number;
}

interface ArmSummary {
  readonly count: number;
  readonly estimate: number;
  /** What each user moves the estimate by, times the count, [users]; its mean is 0. */
  readonly influence: Float64Array;
  readonly covariateMean: number;
  /** Distance from the arm's mean, [users]; null without a covariate. */
  readonly covariate: Float64Array | null;
}

/**
 * The difference of two arms in a mean or, by the delta method (Deng, Knoblich and Lu, KDD 2018), in a ratio whose
 * denominator varies within the user. With a pre-period covariate the estimate is CUPED's (Deng, Xu, Kohavi and Walker,
 * WSDM 2013): the same on average, with less variance. Users are the unit of both assignment and analysis.
 * NaN where an arm has fewer than two users. O(users).
 */
export function effectOf(
  control: ArmOutcomes,
  treatment: ArmOutcomes,
  { alpha = 0.05 }: EffectOptions = {},
): Effect {
  const [from, to] = [summaryOf(control), summaryOf(treatment)];
  const slope = covariateSlope([from, to]);
  const plainVariance = varianceOfEstimate(from, 0) + varianceOfEstimate(to, 0);
  const variances = [from, to].map((arm) => varianceOfEstimate(arm, slope));
  const difference = to.estimate - from.estimate - slope * (to.covariateMean - from.covariateMean);
  const variance = variances[0] + variances[1];
  const standardError = standardErrorOf(variance, difference);
  const half = twoSidedNormalQuantile(alpha) * standardError;
  const relative = difference / from.estimate;
  // Of (T − C) / C: T moves it by 1 / C, C by −T / C².
  const relativeHalf =
    (twoSidedNormalQuantile(alpha) * Math.sqrt(variances[1] + (1 + relative) ** 2 * variances[0])) /
    Math.abs(from.estimate);
  const isKnown = Number.isFinite(standardError);
  const pooledVariance = (variances[0] * from.count + variances[1] * to.count) / 2;
  return {
    control: from.estimate,
    treatment: to.estimate,
    difference,
    standardError,
    interval: { low: difference - half, high: difference + half },
    pValue: standardError === 0 ? 1 : twoSidedNormalTail(difference / standardError),
    sequential: sequentialTest({
      difference,
      standardError,
      standardDeviation: Math.sqrt(pooledVariance),
      alpha,
    }),
    relative: from.estimate === 0 ? NaN : relative,
    relativeInterval:
      from.estimate === 0 || !isKnown
        ? { low: NaN, high: NaN }
        : { low: relative - relativeHalf, high: relative + relativeHalf },
    varianceReduction: plainVariance > 0 ? 1 - variance / plainVariance : 0,
  };
}

/** A difference of so many standard errors is one of arms without variance, but for rounding. */
const DEVIATIONS_MAX = 1e9;

/** 0 only where nothing differs; NaN where a difference stands without any variance to judge it by. */
function standardErrorOf(variance: number, difference: number): number {
  const standardError = Math.sqrt(variance);
  return Math.abs(difference) > DEVIATIONS_MAX * standardError ? NaN : standardError;
}

function summaryOf({ numerator, denominator, before }: ArmOutcomes): ArmSummary {
  const count = numerator.length;
  const [above, below] = [meanOf(numerator), denominator ? meanOf(denominator) : 1];
  const estimate = above / below;
  const influence = numerator.map((value, user) => (value - estimate * (denominator?.[user] ?? 1)) / below);
  const covariateMean = before ? meanOf(before) : 0;
  const covariate = before ? before.map((value) => value - covariateMean) : null;
  return { count, estimate, influence, covariateMean, covariate };
}

/** Of the influence on the covariate, over both arms; 0 where nothing can be learned of it. */
function covariateSlope(arms: readonly ArmSummary[]): number {
  let [shared, own] = [0, 0];
  for (const { influence, covariate } of arms) {
    if (covariate === null) return 0;
    for (let user = 0; user < influence.length; user += 1) {
      shared += influence[user] * covariate[user];
      own += covariate[user] * covariate[user];
    }
  }
  return own > 0 ? shared / own : 0;
}

function varianceOfEstimate({ count, influence, covariate }: ArmSummary, slope: number): number {
  let sum = 0;
  for (let user = 0; user < count; user += 1)
    sum += (influence[user] - slope * (covariate?.[user] ?? 0)) ** 2;
  return count > 1 ? sum / (count - 1) / count : NaN;
}

/**
 * Users that each of two equal arms needs to see a difference of this size.
 *
 * @param power probability of seeing it when it is there; default 0.8
 */
export function usersPerArm(options: {
  readonly difference: number;
  readonly standardDeviation: number;
  readonly alpha?: number;
  readonly power?: number;
}): number {
  const { difference, standardDeviation, alpha = 0.05, power = 0.8 } = options;
  const quantiles = twoSidedNormalQuantile(alpha) + twoSidedNormalQuantile(2 * (1 - power));
  return Math.ceil(2 * ((quantiles * standardDeviation) / difference) ** 2);
}
