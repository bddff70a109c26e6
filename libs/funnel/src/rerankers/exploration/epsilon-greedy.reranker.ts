import type { Random, ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../../funnel-query';
import { exploringReranker } from './explored-positions';

/** Positions, how far down the ranking they may reach, and how often they do. */
export interface EpsilonGreedyOptions {
  readonly positions: readonly number[];
  readonly depth: number;
  /** Probability of a uniform draw; else the best stands. */
  readonly epsilon: number;
  readonly random: Random | undefined;
}

/** ε-greedy positions: any of the best `depth` with ε / depth each, the best of them with 1 − ε more. */
export function epsilonGreedyReranker(options: EpsilonGreedyOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { epsilon, ...slots } = options;
  return exploringReranker({
    ...slots,
    name: 'epsilon-greedy',
    policyOf: (_query, offered) => {
      const propensities = new Float64Array(offered.length).fill(epsilon / offered.length);
      propensities[0] += 1 - epsilon;
      return { options: [...offered.keys()], propensities };
    },
  });
}
