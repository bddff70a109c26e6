import type { Attributes } from '../attributes';
import type { ItemId, Ordinal, UserId } from '../ids';
import type { TrackedEvent } from '../interaction';
import type { UserState } from '../query';
import type { Result, StageError } from '../result';
import type { StreamCursor } from '../stream-cursor';

/** Reads of the request path: one round trip each. */
export interface OnlineStateReader {
  userState(userId: UserId): Promise<Result<UserState, StageError>>;
}

/** Applied by the one consumer group that keeps online state; a repeated event changes nothing. */
export interface OnlineStateWriter {
  /** Returns how many of the events were new. */
  apply(events: readonly TrackedEvent[]): Promise<number>;
}

/** What became of one event: a duplicate had been accepted before, and counts once. */
export interface EventAppendVerdict {
  readonly status: 'accepted' | 'duplicate';
}

/** The durable stream's front: resolves once the events are in it; rejects when none is. */
export interface EventStreamWriter {
  append(events: readonly TrackedEvent[]): Promise<readonly EventAppendVerdict[]>;
}

/** Every service that keeps counters in memory tails the stream; nothing is acknowledged. */
export interface EventFeed {
  /** Calls back in order, from after `cursor`, until stopped. Survives reconnects. */
  tail(
    cursor: StreamCursor,
    onEvents: (events: readonly TrackedEvent[], cursor: StreamCursor) => void,
  ): { stop(): Promise<void> };
  /** The newest position. */
  head(): Promise<StreamCursor>;
}

/** One consumer group's view: at least once, acknowledged after `handle` resolves. */
export interface EventConsumer {
  run(handle: (events: readonly TrackedEvent[]) => Promise<void>): { stop(): Promise<void> };
}

/** An item as the catalogue holds it. */
export interface CatalogItem {
  readonly ordinal: Ordinal;
  readonly itemId: ItemId;
  readonly attributes: Attributes;
  readonly available: boolean;
  readonly firstSeenAtMs: number;
}

/** One entry of the catalogue's stream: an upsert has the whole state, not the difference. */
export type CatalogChange =
  | { readonly kind: 'item-upserted'; readonly item: CatalogItem; readonly changedAtMs: number }
  | {
      readonly kind: 'item-deleted';
      readonly ordinal: Ordinal;
      readonly itemId: ItemId;
      readonly changedAtMs: number;
    }
  | {
      readonly kind: 'user-upserted';
      readonly userId: UserId;
      readonly attributes: Attributes;
      readonly changedAtMs: number;
    };

/** Looks up items and users. */
export interface CatalogReader {
  /** Parallel to `itemIds`; null where the catalogue has none. Deleted items are not found. */
  resolve(itemIds: readonly ItemId[]): Promise<readonly (Ordinal | null)[]>;
  getItem(itemId: ItemId): Promise<CatalogItem | null>;
  getUser(
    userId: UserId,
  ): Promise<{ readonly attributes: Attributes; readonly interactionCount: number } | null>;
}

/** Changes the catalogue, and tells its feed. */
export interface CatalogWriter {
  /** Assigns an ordinal at first arrival; a deleted id that returns gets a new one. Emits changes to the feed. */
  upsertItems(
    items: readonly {
      readonly itemId: ItemId;
      readonly attributes: Attributes;
      readonly available: boolean;
      readonly firstSeenAtMs: number;
    }[],
  ): Promise<{
    readonly createdCount: number;
    readonly updatedCount: number;
    readonly ordinals: readonly Ordinal[];
  }>;
  deleteItems(
    itemIds: readonly ItemId[],
  ): Promise<{ readonly deletedCount: number; readonly missingItemIds: readonly ItemId[] }>;
  /** Emits changes to the feed, so that the log has them; services that hold items only pass them over. */
  upsertUsers(users: readonly { readonly userId: UserId; readonly attributes: Attributes }[]): Promise<void>;
  /** Erases every key of the user, pending stream entries included; returns how many records each store lost. */
  deleteUser(userId: UserId): Promise<readonly { readonly store: string; readonly count: number }[]>;
}

/** The catalogue's stream for services that hold items in memory. */
export interface CatalogFeed {
  tail(
    cursor: StreamCursor,
    onChanges: (changes: readonly CatalogChange[], cursor: StreamCursor) => void,
  ): { stop(): Promise<void> };
  head(): Promise<StreamCursor>;
}
