import type { ScoredCandidate } from '@winnow/domain';
import type { Reranker, Selector } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';
import { newnessOf, type NewnessOptions } from './newness';

/** Which items count as new, and how many positions are theirs. */
export interface NewItemsOptions extends NewnessOptions {
  /** At most this many positions … */
  readonly slots: number;
  /** … of every so many in a row. */
  readonly window: number;
}

type IsNew = ReturnType<typeof newnessOf>;

const SOURCE = 'two-tower';

/** What content alone says: the two-tower model's score; −∞ for what other sources brought. */
const contentScore = ({ provenance }: ScoredCandidate): number =>
  provenance.find(({ source }) => source === SOURCE)?.score ?? -Infinity;

/** New items, those first whose content is closest to the query; of equals the better ranked. */
const bestNew = (candidates: readonly ScoredCandidate[], isNew: IsNew, nowMs: number): ScoredCandidate[] =>
  candidates
    .filter((candidate) => isNew(candidate, nowMs))
    .map((candidate) => ({ candidate, score: contentScore(candidate) }))
    .filter(({ score }) => score > -Infinity)
    .sort((left, right) => right.score - left.score)
    .map(({ candidate }) => candidate);

/**
 * Selects what another selector does, and behind it as many new items as have positions of their own. Rankers have seen
 * nobody take these, and would leave them where nobody ever will.
 */
export function withNewItems(
  inner: Selector<FunnelQuery, ScoredCandidate>,
  options: NewItemsOptions,
): Selector<FunnelQuery, ScoredCandidate> {
  const isNew = newnessOf(options);
  return {
    name: inner.name,
    select: (query, ranked) => {
      const { selected, reserve } = inner.select(query, ranked);
      const wanted = options.slots * Math.ceil(query.k / options.window);
      const chosen = new Set(bestNew(ranked, isNew, query.nowMs).slice(0, wanted));
      const brought = reserve.filter((candidate) => chosen.has(candidate));
      return {
        selected: [...selected, ...brought],
        reserve: reserve.filter((candidate) => !chosen.has(candidate)),
      };
    },
  };
}

/**
 * Gives new items their bounded share of positions: the last `slots` of every `window`, unless new items stand in it by
 * their own merit already. Everything else keeps its order. O(n), n the number selected.
 */
export function newItemsReranker(options: NewItemsOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const isNew = newnessOf(options);
  const { slots, window } = options;
  return {
    name: 'new-items',
    rerank: (query, candidates) => {
      const waiting = bestNew(candidates, isNew, query.nowMs);
      const placed = new Set<ScoredCandidate>();
      const others = candidates.values();
      const order: ScoredCandidate[] = [];
      const nextOther = (): ScoredCandidate | undefined => {
        for (const candidate of others) if (!placed.has(candidate)) return candidate;
        return undefined;
      };
      let inWindow = 0;
      while (order.length < candidates.length) {
        const place = order.length % window;
        if (place === 0) inWindow = 0;
        const reserved = window - place <= slots - inWindow;
        const fresh = reserved ? waiting.find((candidate) => !placed.has(candidate)) : undefined;
        const next = fresh ?? nextOther();
        if (!next) break;
        placed.add(next);
        order.push(next);
        if (isNew(next, query.nowMs)) inWindow += 1;
      }
      return order;
    },
  };
}
