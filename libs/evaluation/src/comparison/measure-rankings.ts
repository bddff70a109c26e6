import { evaluateRankings, RANKING_METRIC_NAMES } from '../evaluate-rankings';
import {
  coverageAtK,
  giniAtK,
  intraListDiversityAtK,
  noveltyAtK,
  popularityCurve,
} from '../metrics/catalogue-metrics';
import type { PopularityCurvePoint } from '../metrics/catalogue-metrics';
import type { CoOccurrenceSimilarity } from '../metrics/co-occurrence-similarity';
import { meanWithInterval } from '../metrics/confidence';
import type { Ranking } from '../metrics/ranking-metrics';
import type { MetricName, MetricValue } from './metric-value';
import { plainValue } from './metric-value';

/** What the past says of the items that can be ranked. */
export interface PastOfItems {
  readonly vocabulary: Uint32Array;
  /** Users with anything in the past. */
  readonly userCount: number;
  readonly similarity: CoOccurrenceSimilarity;
}

export interface MeasureRankingsOptions {
  /** One per case, best first, max(ks) long where the vocabulary allows. */
  readonly rankings: readonly Ranking[];
  /** Parallel to `rankings`. */
  readonly relevant: readonly ArrayLike<number>[];
  /** [cases] Area under the ROC curve of each case over the whole vocabulary; null when the model gives no scores. */
  readonly aucs: Float64Array | null;
  readonly ks: readonly number[];
  readonly past: PastOfItems;
}

const RESAMPLE_COUNT = 200;

/** Every figure about lists: how good they are, and what they do to the catalogue. */
export function measureRankings(options: MeasureRankingsOptions): MetricValue[] {
  const { rankings, relevant, aucs, ks } = options;
  const quality = evaluateRankings({
    rankings,
    relevant,
    ks,
    bootstrap: { resampleCount: RESAMPLE_COUNT },
  });
  return [
    ...ks.flatMap((k) => [
      ...RANKING_METRIC_NAMES.map((metric): MetricValue => ({
        metric,
        k,
        ...quality.at[k][metric],
        intervalOver: 'queries',
      })),
      ...catalogueValues(options, k),
    ]),
    ...(aucs ? [meanOverQueries('auc', null, aucs)] : []),
  ];
}

function catalogueValues({ rankings, past }: MeasureRankingsOptions, k: number): MetricValue[] {
  const { vocabulary, userCount, similarity } = past;
  const userCounts = userCountsOf(past);
  return [
    plainValue('coverage', k, coverageAtK(rankings, vocabulary.length, k)),
    plainValue('gini', k, giniAtK(rankings, vocabulary.length, k)),
    meanOverQueries(
      'novelty',
      k,
      Float64Array.from(rankings, (ranking) => noveltyAtK(ranking, userCounts, { userCount, k })),
    ),
    meanOverQueries(
      'diversity',
      k,
      Float64Array.from(rankings, (ranking) =>
        intraListDiversityAtK(ranking, (left, right) => similarity.similarity(left, right), k),
      ),
    ),
  ];
}

/** Of the cases for which the figure exists. */
const meanOverQueries = (metric: MetricName, k: number | null, values: Float64Array): MetricValue => ({
  metric,
  k,
  ...meanWithInterval(values.filter(Number.isFinite), { resampleCount: RESAMPLE_COUNT }),
  intervalOver: 'queries',
});

const userCountsOf = ({ vocabulary, similarity }: PastOfItems): Map<number, number> =>
  new Map(Array.from(vocabulary, (ordinal) => [ordinal, similarity.userCount(ordinal)]));

/** Where exposure goes along the popularity order of the vocabulary. */
export const popularityCurveOf = (
  rankings: readonly Ranking[],
  past: PastOfItems,
  k: number,
): PopularityCurvePoint[] => popularityCurve(rankings, userCountsOf(past), { k });
