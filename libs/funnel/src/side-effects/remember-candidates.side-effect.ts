import { ok } from '@winnow/domain';
import type { SideEffect } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { CandidateCache } from '../lists/candidate-cache';
import type { ServedFunnelSlate } from '../slate/slate';

/** Keeps what candidate generation found, for the day when it does not answer. */
export const rememberCandidatesSideEffect = (
  cache: CandidateCache,
): SideEffect<FunnelQuery, ServedFunnelSlate> => ({
  name: 'remember-candidates',
  enabled: (query) => !query.dryRun,
  run: async (query, { retrievedOrdinals }) => {
    if (retrievedOrdinals.length > 0) cache.put(query.userId, retrievedOrdinals);
    return ok(undefined);
  },
});
