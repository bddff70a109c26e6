import type { ScoredCandidate } from '@winnow/domain';
import type { Backfill } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { CandidateLists } from '../lists/candidate-lists';
import { candidatesFromList } from './candidate-from-list';

/** The popular list in memory, then the newest items: what is left when nothing else answers. */
export function memoryBackfill(lists: CandidateLists): Backfill<FunnelQuery, ScoredCandidate> {
  return {
    name: 'fallback',
    wantedCount: (query) => query.k,
    candidates: () => {
      const popular = candidatesFromList({
        source: 'popular',
        list: lists.popular,
        quota: lists.popular.ordinals.length,
      });
      const present = new Set<number>(lists.popular.ordinals);
      const fresh = candidatesFromList({
        source: 'fresh',
        list: lists.fresh,
        quota: lists.fresh.ordinals.length,
        excluded: [present],
      });
      return [...popular, ...fresh];
    },
  };
}
