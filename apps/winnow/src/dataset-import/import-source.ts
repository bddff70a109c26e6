import type { Attributes } from '@winnow/domain';

/** An item as a source gives it; its attributes are checked against the description later. */
export interface SourceItem {
  readonly itemId: string;
  readonly attributes: Attributes;
  /** When it became known; absent where the source does not say, then its first event tells. */
  readonly firstSeenAtMs?: number;
}

export interface SourceUser {
  readonly userId: string;
  readonly attributes: Attributes;
}

export interface SourceEvent {
  readonly userId: string;
  readonly itemId: string;
  /** Name of an event type in the description. */
  readonly eventType: string;
  readonly timeMs: number;
  readonly value: number;
  /** Absent: derived from the event's content, so that a second import changes nothing. */
  readonly eventId?: string;
  readonly slateId?: string;
  readonly position?: number;
}

/** A row that was not taken, and why. */
export interface RefusedRow {
  readonly kind: 'items' | 'users' | 'events';
  readonly file: string;
  /** 1-based; absent where rows have no lines (Parquet). */
  readonly line?: number;
  readonly reason: string;
  readonly row: string;
}

/** Something that can be imported. Streams may be opened several times and yield the same each time. */
export interface ImportSource {
  readonly name: string;
  /** Where it comes from and under which licence, in a line. */
  readonly attribution: string;
  /** Event count, where it is known beforehand: for the progress bar. */
  readonly eventCountHint?: number;
  readonly itemCountHint?: number;
  /** Rows that the source mended itself, counted in its latest full pass over each kind. */
  repaired?(): Readonly<Record<'items' | 'users' | 'events', number>>;
  items(onRefused: (row: RefusedRow) => void): AsyncIterable<readonly SourceItem[]>;
  users(onRefused: (row: RefusedRow) => void): AsyncIterable<readonly SourceUser[]>;
  /** In any order. */
  events(onRefused: (row: RefusedRow) => void): AsyncIterable<readonly SourceEvent[]>;
}
