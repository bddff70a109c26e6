import type { Random, ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../../funnel-query';

/** What may stand at a position, and how likely each is to: the logging policy, written down before it acts. */
export interface PositionPolicy {
  /** Indexes into the candidates offered; the first offered is what would stand there without exploration. */
  readonly options: readonly number[];
  /** One per option; together 1. */
  readonly propensities: Float64Array;
}

/** Which positions are left to chance, and by which policy. */
export interface ExploringRerankerOptions {
  readonly name: string;
  /** 0-based, ascending; those beyond the slate are left alone. */
  readonly positions: readonly number[];
  /** Candidates offered at each position: the best that are left. */
  readonly depth: number;
  /** Absent: nothing is left to chance, and the order stays. */
  readonly random: Random | undefined;
  /** Null: nothing to choose from here. */
  readonly policyOf: (query: FunnelQuery, offered: readonly ScoredCandidate[]) => PositionPolicy | null;
}

/**
 * A re-ranker that draws who stands at certain positions from a distribution it can name, and leaves that distribution
 * on the candidate drawn. Whoever was passed over moves down by one. O(positions · (n + depth)).
 */
export function exploringReranker(options: ExploringRerankerOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { name, positions, depth, random, policyOf } = options;
  return {
    name,
    enabled: () => random !== undefined,
    rerank: (query, candidates) => {
      const order = [...candidates];
      for (const position of positions) {
        if (position >= Math.min(query.k, order.length)) break;
        const offered = order.slice(position, position + depth);
        const policy = policyOf(query, offered);
        if (policy === null || policy.options.length < 2) continue;
        const drawn = drawnIndex(policy.propensities, random!());
        const index = policy.options[drawn];
        order.splice(position + index, 1);
        order.splice(position, 0, explored(offered[index], { name, policy, offered, drawn }));
      }
      return order;
    },
  };
}

const explored = (
  candidate: ScoredCandidate,
  made: {
    readonly name: string;
    readonly policy: PositionPolicy;
    readonly offered: readonly ScoredCandidate[];
    readonly drawn: number;
  },
): ScoredCandidate => ({
  ...candidate,
  exploration: {
    policy: made.name,
    propensity: made.policy.propensities[made.drawn],
    ordinals: made.policy.options.map((option) => made.offered[option].ordinal),
    scores: made.policy.options.map((option) => made.offered[option].score),
    propensities: [...made.policy.propensities],
  },
});

/** The option in whose stretch of [0, 1) the draw falls. */
function drawnIndex(propensities: Float64Array, draw: number): number {
  let left = draw;
  for (let index = 0; index < propensities.length; index += 1) {
    left -= propensities[index];
    if (left < 0) return index;
  }
  return propensities.findLastIndex((propensity) => propensity > 0);
}
