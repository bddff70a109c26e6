import { invariant } from '@winnow/domain';
import { meanWithInterval, type BootstrapOptions, type MeanWithInterval } from './metrics/confidence';
import {
  hitRateAtK,
  ndcgAtK,
  precisionAtK,
  recallAtK,
  reciprocalRankAtK,
  type Ranking,
} from './metrics/ranking-metrics';

const METRICS = {
  recall: recallAtK,
  ndcg: ndcgAtK,
  precision: precisionAtK,
  hitRate: hitRateAtK,
  mrr: reciprocalRankAtK,
} as const;

export type RankingMetricName = keyof typeof METRICS;

export const RANKING_METRIC_NAMES = Object.keys(METRICS) as RankingMetricName[];

export interface EvaluateRankingsOptions {
  /** One per query, best first, at least max(ks) long where the catalogue allows. */
  readonly rankings: readonly Ranking[];
  /** Parallel to `rankings`; queries with nothing relevant are left out of every mean. */
  readonly relevant: readonly ArrayLike<number>[];
  readonly ks: readonly number[];
  /** Default 200 resamples. */
  readonly bootstrap?: BootstrapOptions;
}

export interface RankingReport {
  /** Queries that had something relevant. */
  readonly queryCount: number;
  readonly at: Readonly<Record<number, Readonly<Record<RankingMetricName, MeanWithInterval>>>>;
}

/** Mean ranking metrics with confidence intervals over queries, for each k. */
export function evaluateRankings(options: EvaluateRankingsOptions): RankingReport {
  const { rankings, relevant, ks, bootstrap } = options;
  invariant(rankings.length === relevant.length, 'one relevant set per ranking');
  const queries = relevant
    .map((ids, index) => ({ ranking: rankings[index], relevant: new Set(Array.from(ids)) }))
    .filter((query) => query.relevant.size > 0);
  const at: Record<number, Record<RankingMetricName, MeanWithInterval>> = {};
  for (const k of ks) {
    const metrics = RANKING_METRIC_NAMES.map((name) => {
      const values = queries.map((query) => METRICS[name](query.ranking, query.relevant, k));
      return [name, meanWithInterval(values, { resampleCount: 200, ...bootstrap })] as const;
    });
    at[k] = Object.fromEntries(metrics) as Record<RankingMetricName, MeanWithInterval>;
  }
  return { queryCount: queries.length, at };
}
