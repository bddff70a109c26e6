import type { FunnelPipeline } from '../funnel-query';
import type { FunnelParts } from './funnel-parts';

/** What a person meets first: everything Winnow can retrieve, winnowed down to what this person will like. */
export const homePipeline = (parts: FunnelParts): FunnelPipeline => ({
  ...parts.identity,
  budgets: parts.budgets,

  queryHydrators: [parts.userState],

  sources: [parts.candidateGeneration, parts.trending, parts.popular, parts.fresh],
  merger: parts.rankFusion,
  candidateHydrators: [],

  // Cheap ones first.
  filters: [
    parts.excluded,
    parts.seen,
    parts.unavailable,
    parts.eligible,
    parts.surfaceFilter,
    parts.requestFilter,
  ],
  backfill: parts.memoryBackfill,

  scorers: [parts.lightRank, parts.heavyRank],

  selector: parts.top,
  rerankers: parts.rerankers,

  sideEffects: [parts.rememberCandidates, parts.servedSlateLog],
});
