import { ok, type CandidateRetriever, type RetrieveReply, type ScoredCandidate } from '@winnow/domain';
import type { CandidateSource } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { CandidateCache } from '../lists/candidate-cache';
import type { CandidateLists } from '../lists/candidate-lists';
import { candidatesFromList } from './candidate-from-list';

/** Longest list of exclusions sent along; the filters behind it see all of them anyway. */
const EXCLUDED_ORDINALS_MAX = 20_000;

export interface CandidateGenerationOptions {
  readonly retriever: CandidateRetriever;
  /** `two-tower` and `similar` with their quotas: one call brings both. */
  readonly sources: readonly { readonly source: string; readonly quota: number }[];
  readonly skipSeen: boolean;
  readonly lists: CandidateLists;
  readonly cache: CandidateCache;
}

/**
 * The learned sources, behind one call. When it fails, what it last found for this user and the trending list
 * stand in, from memory.
 */
export function candidateGenerationSource(
  options: CandidateGenerationOptions,
): CandidateSource<FunnelQuery, ScoredCandidate> {
  const { retriever, sources, skipSeen, lists, cache } = options;
  const quota = sources.reduce((sum, source) => sum + source.quota, 0);
  return {
    name: 'candidate-generation',
    onFailure: 'open',
    enabled: () => quota > 0,
    retrieve: async (query, context) => {
      const excludedOrdinals = exclusionsOf(query, skipSeen);
      const { release, features } = query;
      const result = await retriever.retrieve(
        { release, query: features, sources, excludedOrdinals },
        context,
      );
      if (!result.ok) return result;
      return ok({
        candidates: candidatesOf(result.value),
        learned: { queryVector: result.value.queryVector.length > 0 ? result.value.queryVector : null },
      });
    },
    standIn: (query) => {
      const excluded = skipSeen ? [query.excludedOrdinals, query.seenOrdinals] : [query.excludedOrdinals];
      const ordinals = cache.get(query.userId);
      const cached = ordinals
        ? candidatesFromList({ source: 'cached', list: { ordinals }, quota, excluded })
        : [];
      const trending = candidatesFromList({ source: 'trending', list: lists.trending, quota, excluded });
      return [...cached, ...trending];
    },
  };
}

function exclusionsOf(query: FunnelQuery, skipSeen: boolean): Uint32Array {
  const all = skipSeen ? [...query.excludedOrdinals, ...query.seenOrdinals] : [...query.excludedOrdinals];
  return Uint32Array.from(all.slice(0, EXCLUDED_ORDINALS_MAX));
}

/** An item that both sources found comes twice, with one provenance each; the merger joins them. */
const candidatesOf = ({ sources }: RetrieveReply): readonly ScoredCandidate[] =>
  sources.flatMap(({ source, ordinals, scores }) =>
    candidatesFromList({ source, list: { ordinals, scores }, quota: ordinals.length }),
  );
