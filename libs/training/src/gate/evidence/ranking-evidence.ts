import {
  coverageAtK,
  exposureSteps,
  giniAtK,
  meanWithInterval,
  ndcgAtK,
  pairedDifference,
  popularityCurve,
  recallAtK,
  type BootstrapOptions,
} from '@winnow/evaluation';
import type { GateDifference, GateRecommender, RankingFigures } from '@winnow/reporting';

/** Slates of one recommender for the held-out users, and what these then turned to. */
export interface RankingEvidenceOptions {
  readonly k: number;
  /** One per user. */
  readonly relevant: readonly ReadonlySet<number>[];
  /** Past events per item of the catalogue, by ordinal. */
  readonly popularity: ReadonlyMap<number, number>;
  readonly bootstrap: BootstrapOptions;
}

/** Figures of one recommender, user by user, so that they can be paired. */
export interface MeasuredRankings {
  readonly figures: GateRecommender;
  /** [users] */
  readonly ndcg: Float64Array;
  /** [users] */
  readonly recall: Float64Array;
}

/** Measures slates, best first, one per user. */
export function measureSlates(
  rankings: readonly Uint32Array[],
  { k, relevant, popularity, bootstrap }: RankingEvidenceOptions,
): MeasuredRankings {
  const ndcg = Float64Array.from(rankings, (ranking, user) => ndcgAtK(ranking, relevant[user], k));
  const recall = Float64Array.from(rankings, (ranking, user) => recallAtK(ranking, relevant[user], k));
  return {
    ndcg,
    recall,
    figures: {
      ndcg: meanWithInterval(ndcg, bootstrap),
      recall: meanWithInterval(recall, bootstrap),
      coverage: coverageAtK(rankings, popularity.size, k),
      gini: giniAtK(rankings, popularity.size, k),
      popularityCurve: popularityCurve(rankings, popularity, { k }),
      exposureSteps: exposureSteps(rankings, k),
    },
  };
}

/** Candidate minus another, user by user. */
export const differenceOf = (
  { against, basis }: Pick<GateDifference, 'against' | 'basis'>,
  candidate: MeasuredRankings,
  other: MeasuredRankings,
  bootstrap: BootstrapOptions,
): GateDifference => ({
  ...{ against, basis, candidate: meansOf(candidate), other: meansOf(other) },
  ndcg: pairedDifference(candidate.ndcg, other.ndcg, bootstrap),
  recall: pairedDifference(candidate.recall, other.recall, bootstrap),
});

const meansOf = ({ figures }: MeasuredRankings): RankingFigures => ({
  ndcg: figures.ndcg.mean,
  recall: figures.recall.mean,
});
