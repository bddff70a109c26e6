import type { CatalogChange } from './online-store';
import type { StreamCursor } from '../stream-cursor';
import type { TrackedEvent } from '../interaction';
import type { Attributes } from '../attributes';
import type { UserId } from '../ids';

/** All events of a window, oldest first, as parallel columns. */
export interface EventColumns {
  readonly count: number;
  /** Index into `userIds`; an index of this frame only, never an identity. */
  readonly users: Uint32Array;
  readonly ordinals: Uint32Array;
  /** Index into `Description.events`. */
  readonly eventTypes: Uint8Array;
  readonly timesMs: Float64Array;
  readonly values: Float32Array;
  readonly userIds: readonly string[];
}

/** The archive's side of the event log. */
export interface EventLogWriter {
  /** Durable once resolved: written to temporary files, fsynced, renamed. */
  appendEvents(events: readonly TrackedEvent[]): Promise<void>;
  appendCatalogChanges(changes: readonly CatalogChange[]): Promise<void>;
  /** Rewrites the partitions that hold rows of the user, attributes included; returns how many rows went. */
  eraseUser(userId: UserId): Promise<number>;
}

/** The event log for training, reports and rebuilding. */
export interface EventLogReader {
  /** Deduplicated by event id, ordered by time. `eventTypes` names the types wanted, in index order. */
  readEvents(options: {
    readonly eventTypes: readonly string[];
    readonly fromMs?: number;
    readonly toMs?: number;
    /** Without the events that came by the stream after this position. */
    readonly upTo?: StreamCursor;
  }): Promise<EventColumns>;
  /** Newest state of every item that is not deleted, by ordinal. */
  readItems(): AsyncIterable<readonly Extract<CatalogChange, { kind: 'item-upserted' }>['item'][]>;
  /** Newest attributes of every user that has some; erased users are not there. */
  readUsers(): AsyncIterable<readonly { readonly userId: UserId; readonly attributes: Attributes }[]>;
  /** Full events, oldest first, for rebuilding the online store. */
  streamEvents(): AsyncIterable<readonly TrackedEvent[]>;
  /** Catalogue changes in the order they happened. */
  streamCatalogChanges(): AsyncIterable<readonly CatalogChange[]>;
}
