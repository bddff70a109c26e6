import type { ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { Similarity } from './similarity';

export interface MmrOptions {
  /** 1 keeps the order of scores, 0 looks at diversity alone. */
  readonly lambda: number;
  /** Only the first this many are reordered. */
  readonly depth: number;
  readonly similarity: Similarity;
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): each position goes to the item with the best
 * λ · relevance − (1 − λ) · similarity to the most similar item above it. Relevance is the score scaled to [0, 1]
 * within the depth, since scores of different stages have different ranges. O(min(k, depth) · depth) similarities.
 */
export function mmrReranker(options: MmrOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { lambda, depth, similarity } = options;
  return {
    name: 'mmr',
    enabled: () => lambda < 1,
    rerank: (query, candidates) => {
      const pool = candidates.slice(0, depth);
      const relevance = scaledScores(pool);
      const nearest = new Float64Array(pool.length);
      const left = new Set(pool.keys());
      const order: ScoredCandidate[] = [];
      while (order.length < query.k && left.size > 0) {
        let best = -1;
        let bestValue = -Infinity;
        for (const index of left) {
          const value = lambda * relevance[index] - (1 - lambda) * nearest[index];
          if (value > bestValue) [best, bestValue] = [index, value];
        }
        left.delete(best);
        order.push(pool[best]);
        for (const index of left)
          nearest[index] = Math.max(nearest[index], similarity(pool[best].ordinal, pool[index].ordinal));
      }
      return [...order, ...[...left].map((index) => pool[index]), ...candidates.slice(depth)];
    },
  };
}

/** Scores of a best-first list scaled to [0, 1]; all 1 when they are equal. */
function scaledScores(candidates: readonly ScoredCandidate[]): Float64Array {
  const scores = Float64Array.from(candidates, ({ score }) => score);
  let low = Infinity;
  let high = -Infinity;
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return scores.map((score) => (high > low ? (score - low) / (high - low) : 1));
}
