import type { FunnelPipeline } from '../funnel-query';
import type { FunnelParts } from './funnel-parts';

/** Around one or a few items: the seeds are the query; the person behind it only orders what they bring up. */
export const similarPipeline = (parts: FunnelParts): FunnelPipeline => ({
  ...parts.identity,
  budgets: parts.budgets,

  queryHydrators: [parts.userState],

  // Lists for everyone take part only where winnow.yaml gives them a quota: popular is not similar.
  sources: [parts.candidateGeneration, parts.trending, parts.popular, parts.fresh],
  merger: parts.rankFusion,
  candidateHydrators: [],

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
