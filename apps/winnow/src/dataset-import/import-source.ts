import type { DatasetRecord, EventRecord, ItemRecord } from '@winnow/datasets';

/** An event with what only some sources know of it. */
export interface SourceEvent extends EventRecord {
  /** Absent: derived from line and content, so that a second import changes nothing. */
  readonly eventId?: string;
  readonly slateId?: string;
  readonly position?: number;
}

/** An item with what only some sources know of it. */
export interface SourceItem extends ItemRecord {
  /** When it arrived; absent, its first event tells. */
  readonly firstSeenAtMs?: number;
}

export type SourceRecord = Exclude<DatasetRecord, EventRecord | ItemRecord> | SourceEvent | SourceItem;

/** Something that can be imported: a mixed stream of items, users, events and refused rows. */
export interface ImportSource {
  readonly name: string;
  /** Where it comes from and under which licence, in a line. */
  readonly attribution: string;
  /** Opens the stream anew; each time it yields the same. */
  batches(): AsyncIterable<readonly SourceRecord[]>;
}
