import type { RankingMetricName } from '../evaluate-rankings';
import type { MeanWithInterval } from '../metrics/confidence';

export type MetricName =
  | RankingMetricName
  | 'auc'
  | 'coverage'
  | 'gini'
  | 'novelty'
  | 'diversity'
  | 'rmse'
  | 'mae'
  | 'logLoss'
  | 'calibrationError';

/** Which way is better; what a recommender should aim at in novelty or evenness is for its owner to say. */
export const METRIC_DIRECTIONS: Readonly<Record<MetricName, 'higher' | 'lower' | 'neither'>> = {
  recall: 'higher',
  ndcg: 'higher',
  precision: 'higher',
  hitRate: 'higher',
  mrr: 'higher',
  auc: 'higher',
  coverage: 'neither',
  gini: 'neither',
  novelty: 'neither',
  diversity: 'neither',
  rmse: 'lower',
  mae: 'lower',
  logLoss: 'lower',
  calibrationError: 'lower',
};

/** Names as the literature writes them. */
export const METRIC_TITLES: Readonly<Record<MetricName, string>> = {
  recall: 'recall',
  ndcg: 'NDCG',
  precision: 'precision',
  hitRate: 'hit rate',
  mrr: 'MRR',
  auc: 'AUC',
  coverage: 'coverage',
  gini: 'Gini',
  novelty: 'novelty (bits)',
  diversity: 'diversity',
  rmse: 'RMSE',
  mae: 'MAE',
  logLoss: 'log loss',
  calibrationError: 'calibration error',
};

/** One figure. In JSON a bound or a mean that is not known is null. */
export interface MetricValue extends MeanWithInterval {
  readonly metric: MetricName;
  /** Length of the lists that it is about; null where lists play no part. */
  readonly k: number | null;
  /** What the interval is over: the users who were asked for, the seeds, the folds, or nothing because there is none. */
  readonly intervalOver: 'queries' | 'seeds' | 'folds' | null;
}

/** A figure without an interval. */
export const plainValue = (metric: MetricName, k: number | null, mean: number): MetricValue => ({
  metric,
  k,
  mean,
  low: NaN,
  high: NaN,
  count: 1,
  intervalOver: null,
});

/** The figure of that name and length, if it is there. */
export const findMetric = (
  values: readonly MetricValue[],
  metric: MetricName,
  k: number | null,
): MetricValue | undefined => values.find((value) => value.metric === metric && value.k === k);
