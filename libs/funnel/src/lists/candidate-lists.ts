import type { Clock } from '@winnow/domain';
import { BestFirst } from '@winnow/features';
import type { ItemReader, PopularityReader } from '../ports';

/** A ranked list held in memory, best first. */
export interface RankedList {
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
}

const EMPTY_LIST: RankedList = { ordinals: new Uint32Array(0), scores: new Float32Array(0) };

const COUNT_MAX_DEFAULT = 1_000;
/** Ordinals looked at between two looks at the clock. */
const SLICE_ORDINALS = 2_048;
/** Longest that a refresh keeps the event loop for itself. */
const SLICE_MS = 2;

export interface CandidateListsOptions {
  readonly items: ItemReader;
  readonly counters: PopularityReader;
  readonly clock: Clock;
  /** Number of half-lives of the trending counters; their shares are averaged. */
  readonly halfLifeCount: number;
  /** Length of each list; longer ones waste memory, shorter ones run dry behind strict filters. */
  readonly countMax?: number;
  /** Restricts the vocabulary, for offline evaluation. */
  readonly eligible?: (ordinal: number) => boolean;
}

/**
 * The lists that need no model: trending, popular and fresh, over available items. Computed now and then beside the
 * requests, so that a request only reads them; in slices, so that no request waits for them.
 */
export class CandidateLists {
  readonly #options: CandidateListsOptions;
  #trending: RankedList = EMPTY_LIST;
  #popular: RankedList = EMPTY_LIST;
  #fresh: RankedList = EMPTY_LIST;
  #refreshing: Promise<void> | null = null;
  /** Ordinals below have been looked at. */
  #scannedLimit = 0;

  constructor(options: CandidateListsOptions) {
    this.#options = options;
  }

  /** By decayed share of all positives, averaged over the half-lives. */
  get trending(): RankedList {
    return this.#trending;
  }

  /** By weight of all positives. */
  get popular(): RankedList {
    return this.#popular;
  }

  /** By first arrival, newest first; scores are milliseconds since the epoch. */
  get fresh(): RankedList {
    return this.#fresh;
  }

  /** Recomputes all lists; a call during another one joins it. O(ordinalLimit · halfLives). */
  refresh(nowMs: number): Promise<void> {
    this.#refreshing ??= this.#compute(nowMs).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /**
   * Takes the items that arrived since into the fresh list, without the cost of a whole refresh: ordinals are handed
   * out in order of arrival. O(new items + list).
   */
  admitNewItems(): void {
    const { items, eligible, countMax = COUNT_MAX_DEFAULT } = this.#options;
    const limit = items.ordinalLimit;
    if (this.#refreshing || limit <= this.#scannedLimit) return;
    const fresh = new BestFirst(countMax);
    for (const ordinal of this.#fresh.ordinals)
      if (items.isAvailable(ordinal)) fresh.offer(ordinal, items.firstSeenAtMs(ordinal));
    for (let ordinal = this.#scannedLimit; ordinal < limit; ordinal += 1)
      if (items.isAvailable(ordinal) && eligible?.(ordinal) !== false)
        fresh.offer(ordinal, items.firstSeenAtMs(ordinal));
    this.#fresh = fresh.take();
    this.#scannedLimit = limit;
  }

  async #compute(nowMs: number): Promise<void> {
    const { items, counters, clock, halfLifeCount, eligible, countMax = COUNT_MAX_DEFAULT } = this.#options;
    const trending = new BestFirst(countMax);
    const popular = new BestFirst(countMax);
    const fresh = new BestFirst(countMax);
    let sliceStartedAtMs = clock.monotonicMs();
    // Read anew each time: items may arrive between two slices.
    for (let ordinal = 0; ordinal < items.ordinalLimit; ordinal += 1) {
      if (ordinal % SLICE_ORDINALS === 0 && clock.monotonicMs() - sliceStartedAtMs > SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceStartedAtMs = clock.monotonicMs();
      }
      if (!items.isAvailable(ordinal) || eligible?.(ordinal) === false) continue;
      fresh.offer(ordinal, items.firstSeenAtMs(ordinal));
      const total = counters.total(ordinal);
      if (total <= 0) continue;
      popular.offer(ordinal, total);
      let share = 0;
      for (let index = 0; index < halfLifeCount; index += 1) share += counters.share(ordinal, index, nowMs);
      trending.offer(ordinal, share / halfLifeCount);
    }
    this.#trending = trending.take();
    this.#popular = popular.take();
    this.#fresh = fresh.take();
    this.#scannedLimit = items.ordinalLimit;
  }
}
