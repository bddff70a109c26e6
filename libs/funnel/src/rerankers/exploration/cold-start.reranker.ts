import type { Random, ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../../funnel-query';
import { newnessOf, type NewnessOptions } from '../newness';
import { exploringReranker } from './explored-positions';

/** Positions, which items are new, and how often one of them may stand there. */
export interface ColdStartOptions extends NewnessOptions {
  readonly positions: readonly number[];
  /** How far down the ranking a new item may come from. */
  readonly depth: number;
  /** Probability that a position goes to a new item while there is one: what cold start may cost at most. */
  readonly share: number;
  readonly random: Random | undefined;
}

/**
 * Bounded cold-start positions: new items among the next `depth` share `share`, evenly; the rest stays with who would
 * have stood there. Without a new item nothing is left to chance.
 */
export function coldStartReranker(options: ColdStartOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { share, ageDaysMax, positivesBelow, items, counters, ...slots } = options;
  const isNew = newnessOf({ ageDaysMax, positivesBelow, items, counters });
  return exploringReranker({
    ...slots,
    name: 'cold-start',
    policyOf: ({ nowMs }, offered) => {
      const newIndexes = [...offered.keys()].filter((index) => isNew(offered[index], nowMs));
      if (newIndexes.length === 0) return null;
      const options = newIndexes[0] === 0 ? newIndexes : [0, ...newIndexes];
      const propensities = new Float64Array(options.length).fill(share / newIndexes.length);
      propensities[0] = 1 - share + (newIndexes[0] === 0 ? share / newIndexes.length : 0);
      return { options, propensities };
    },
  });
}
