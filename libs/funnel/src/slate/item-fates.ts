import type { Ordinal, ScoredCandidate } from '@winnow/domain';
import type { Watch, WatchedStep } from '@winnow/pipeline';

/** Sees every step of one request. */
export type FunnelWatch = Watch<ScoredCandidate>;

/** Where an item left the funnel. */
export type Loss =
  | { readonly at: 'retrieval' }
  | { readonly at: 'filter'; readonly component: string }
  /** Ranked so low that the next ranker never saw it. */
  | { readonly at: 'cut'; readonly component: string; readonly rank: number; readonly keptCount: number }
  /** Scored to the end, below what was asked for. */
  | { readonly at: 'ranking'; readonly component: string; readonly rank: number }
  /** Good enough by its score; a re-ranker put others before it. */
  | { readonly at: 'reranking'; readonly component: string; readonly rank: number };

/** An item's place after one ranking, counted from 1. */
export interface RankedAt {
  readonly component: string;
  readonly rank: number;
  readonly outOf: number;
  readonly score: number;
  /** Predictions of the heads, of the heavy ranker alone. */
  readonly headValues: readonly number[];
}

/** What became of one item in one request. */
export interface ItemFate {
  readonly ordinal: Ordinal;
  /** Sources that found it, with its place in their lists, counted from 1. */
  readonly foundBy: readonly { readonly source: string; readonly rank: number }[];
  readonly ranked: readonly RankedAt[];
  /** Null for an item that is among the first `k` of the slate. */
  readonly loss: Loss | null;
  /** In the final order, counted from 1. */
  readonly position: number | null;
}

interface Trail {
  foundBy: ItemFate['foundBy'];
  readonly ranked: RankedAt[];
  isCandidate: boolean;
  loss: Loss | null;
  /** The last re-ranker that put it behind the first `k`. */
  pushedBackBy: string | null;
  /** In the newest order, counted from 1. */
  rank: number;
}

/**
 * Follows some items through one request: pass `watch` with the request, then read `fates()`. Answers "why was this
 * not shown?" and tells how many wanted items each stage loses. O(candidates) per step.
 */
export class ItemFates {
  readonly #k: number;
  readonly #trails: ReadonlyMap<number, Trail>;
  #lastRanking = 'retrieval';

  constructor(ordinals: Iterable<number>, { k }: { readonly k: number }) {
    this.#k = k;
    this.#trails = new Map(
      Array.from(ordinals, (each) => [
        each,
        { foundBy: [], ranked: [], isCandidate: false, loss: null, pushedBackBy: null, rank: 0 },
      ]),
    );
  }

  /** To be passed with the request. */
  readonly watch: FunnelWatch = (step) => {
    const { kind, component, candidates } = step;
    const places = new Map<number, number>();
    for (const [index, { ordinal }] of candidates.entries())
      if (this.#trails.has(ordinal)) places.set(ordinal, index);
    for (const [ordinal, trail] of this.#trails) {
      const index = places.get(ordinal);
      if (kind === 'merger' || kind === 'backfill') {
        if (index !== undefined) enter(trail, { index, candidate: candidates[index] });
      } else if (kind !== 'source' && trail.isCandidate && !trail.loss) this.#follow(trail, step, index);
    }
    if (kind === 'scorer') this.#lastRanking = component;
  };

  /** Of each item, in the order given. */
  fates(): ItemFate[] {
    return Array.from(this.#trails, ([ordinal, trail]) => {
      const { foundBy, ranked, isCandidate, rank } = trail;
      const cut: Loss | null = isCandidate ? trail.loss : { at: 'retrieval' };
      return {
        ...{ ordinal: ordinal as Ordinal, foundBy, ranked },
        loss: cut ?? this.#lossByRank(trail),
        position: cut ? null : rank,
      };
    });
  }

  #lossByRank({ rank, pushedBackBy }: Trail): Loss | null {
    if (rank <= this.#k) return null;
    return pushedBackBy
      ? { at: 'reranking', component: pushedBackBy, rank }
      : { at: 'ranking', component: this.#lastRanking, rank };
  }

  #follow(trail: Trail, step: WatchedStep<ScoredCandidate>, index: number | undefined): void {
    const { kind, component, candidates, scoredCount = candidates.length } = step;
    if (index === undefined) {
      trail.loss =
        kind === 'filter'
          ? { at: 'filter', component }
          : { at: 'ranking', component: this.#lastRanking, rank: trail.rank };
      return;
    }
    const before = trail.rank;
    trail.rank = index + 1;
    if (kind === 'scorer') {
      if (index >= scoredCount)
        trail.loss = { at: 'cut', component: this.#lastRanking, rank: index + 1, keptCount: scoredCount };
      else
        trail.ranked.push({
          component,
          rank: index + 1,
          outOf: scoredCount,
          score: candidates[index].score,
          headValues: candidates[index].headValues,
        });
    } else if (kind === 'reranker' && before <= this.#k && index >= this.#k) trail.pushedBackBy = component;
  }
}

function enter(
  trail: Trail,
  { index, candidate }: { readonly index: number; readonly candidate: ScoredCandidate },
): void {
  trail.isCandidate = true;
  trail.foundBy = candidate.provenance.map(({ source, rank }) => ({ source, rank: rank + 1 }));
  trail.loss = null;
  trail.rank = index + 1;
}
