import type {
  Attributes,
  CandidateRetriever,
  Clock,
  ItemId,
  OnlineStateReader,
  Ranker,
  ServedSlateWriter,
} from '@winnow/domain';

/** What the funnel reads of the catalogue; `ItemTable` of `@winnow/features` is one. */
export interface ItemReader {
  readonly ordinalLimit: number;
  has(ordinal: number): boolean;
  /** Present and flagged available. */
  isAvailable(ordinal: number): boolean;
  itemId(ordinal: number): ItemId | null;
  attributes(ordinal: number): Attributes;
  title(ordinal: number): string | null;
  firstSeenAtMs(ordinal: number): number;
  /** Dictionary codes of a category or categories attribute; empty when absent. */
  categoryCodes(attributeName: string, ordinal: number): ArrayLike<number>;
  /** NaN when absent. */
  number(attributeName: string, ordinal: number): number;
  /** Grows with every change of the item. */
  version(ordinal: number): number;
}

/** What the funnel reads of popularity; `ItemCounters` of `@winnow/features` is one. */
export interface PopularityReader {
  /** Decayed share of all positives, smoothed. */
  share(ordinal: number, halfLifeIndex: number, nowMs: number): number;
  /** Weight of all positives, never decayed. */
  total(ordinal: number): number;
}

/** Item tower output, L2-normalised, [dimension]; null for an item that has none. */
export interface ItemVectors {
  readonly dimension: number;
  vector(ordinal: number): Float32Array | null;
}

/** Everything the funnel needs from outside. `items`, `counters` and `vectors` are one release's. */
export interface FunnelPorts {
  readonly onlineState: OnlineStateReader;
  readonly retriever: CandidateRetriever;
  readonly lightRanker: Ranker;
  readonly heavyRanker: Ranker;
  readonly items: ItemReader;
  readonly counters: PopularityReader;
  /** Null where no re-ranker needs vectors. */
  readonly vectors: ItemVectors | null;
  /** Null offline: nothing is served. */
  readonly servedSlates: ServedSlateWriter | null;
  readonly clock: Clock;
}
