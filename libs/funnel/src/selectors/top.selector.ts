import type { ScoredCandidate } from '@winnow/domain';
import type { Selector } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';

/** Selects the top k, and as many more as re-rankers may look at; the rest is the reserve. */
export const topSelector = (options: { readonly depth: number }): Selector<FunnelQuery, ScoredCandidate> => ({
  name: 'top',
  select: (query, ranked) => {
    const count = Math.max(query.k, options.depth);
    return { selected: ranked.slice(0, count), reserve: ranked.slice(count) };
  },
});
