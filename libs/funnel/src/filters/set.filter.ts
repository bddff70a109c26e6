import { ok, type ScoredCandidate } from '@winnow/domain';
import type { Filter, FilterOutcome } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import type { ItemReader } from '../ports';

/** Splits candidates by a predicate, in one pass and in order. */
export function partition(
  candidates: readonly ScoredCandidate[],
  reason: string,
  keeps: (candidate: ScoredCandidate) => boolean,
): FilterOutcome<ScoredCandidate> {
  const kept: ScoredCandidate[] = [];
  const removed: { candidate: ScoredCandidate; reason: string }[] = [];
  for (const candidate of candidates) {
    if (keeps(candidate)) kept.push(candidate);
    else removed.push({ candidate, reason });
  }
  return { kept, removed };
}

/** What the caller does not want, the seeds themselves, and what earlier pages showed. */
export const excludedFilter: Filter<FunnelQuery, ScoredCandidate> = {
  name: 'excluded',
  enabled: (query) => query.excludedOrdinals.size > 0,
  apply: (query, candidates) =>
    ok(partition(candidates, 'excluded', ({ ordinal }) => !query.excludedOrdinals.has(ordinal))),
};

/** What the user has seen, by the event types that count as seen. */
export const seenFilter = (options: { readonly enabled: boolean }): Filter<FunnelQuery, ScoredCandidate> => ({
  name: 'seen',
  enabled: () => options.enabled,
  apply: (query, candidates) =>
    ok(partition(candidates, 'seen', ({ ordinal }) => !query.seenOrdinals.has(ordinal))),
});

/** Items that were deleted or are flagged unavailable, since the index may know them a little longer. */
export const unavailableFilter = (items: ItemReader): Filter<FunnelQuery, ScoredCandidate> => ({
  name: 'unavailable',
  apply: (_query, candidates) =>
    ok(partition(candidates, 'unavailable', ({ ordinal }) => items.isAvailable(ordinal))),
});

/** Restricts the vocabulary, for offline evaluation over a fixed set of items. */
export const eligibleFilter = (
  eligible: ((ordinal: number) => boolean) | undefined,
): Filter<FunnelQuery, ScoredCandidate> => ({
  name: 'eligible',
  enabled: () => eligible !== undefined,
  apply: (_query, candidates) =>
    ok(partition(candidates, 'not eligible', ({ ordinal }) => eligible?.(ordinal) ?? true)),
});
