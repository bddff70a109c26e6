import { ok, type ScoredCandidate } from '@winnow/domain';
import type { CandidateSource } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { CandidateLists } from '../lists/candidate-lists';
import { candidatesFromList } from './candidate-from-list';

export interface ListSourceOptions {
  readonly lists: CandidateLists;
  readonly list: 'trending' | 'popular' | 'fresh';
  /** 0 switches the source off. */
  readonly quota: number;
  /** Seen items are passed over here, so that they cost no quota. */
  readonly skipSeen: boolean;
}

/** One of the lists in memory as a candidate source: the same for everyone, but for what a person has seen. */
export function listSource(options: ListSourceOptions): CandidateSource<FunnelQuery, ScoredCandidate> {
  const { lists, list, quota, skipSeen } = options;
  return {
    name: list,
    onFailure: 'open',
    inMemory: true,
    enabled: () => quota > 0,
    retrieve: async (query) => {
      const excluded = skipSeen ? [query.excludedOrdinals, query.seenOrdinals] : [query.excludedOrdinals];
      return ok({ candidates: candidatesFromList({ source: list, list: lists[list], quota, excluded }) });
    },
  };
}
