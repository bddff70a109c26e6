import type { Effect } from '../statistics/effect';
import type { SampleRatioCheck } from '../statistics/sample-ratio';

/** One arm of a report. */
export interface ArmReport {
  readonly arm: string;
  readonly weight: number;
  /** Users who were exposed. */
  readonly userCount: number;
}

/** One metric of one arm against the control. */
export interface MetricReport {
  readonly metric: string;
  readonly arm: string;
  readonly effect: Effect;
}

/** What an experiment has done so far: the content of `winnow experiment report --json`. */
export interface ExperimentReport {
  readonly experiment: string;
  readonly layer: string;
  readonly control: string;
  readonly arms: readonly ArmReport[];
  /** First and last first exposure; null before anybody was exposed. */
  readonly exposures: { readonly fromMs: number; readonly toMs: number } | null;
  /** Days before each user's exposure that CUPED's covariate is taken from. */
  readonly covariateDays: number;
  /** Of the intervals: 0.05 makes 95 %. */
  readonly alpha: number;
  readonly sampleRatio: SampleRatioCheck;
  /** By metric, then by arm. */
  readonly metrics: readonly MetricReport[];
}
