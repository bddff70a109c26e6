import type { Attributes, Clock, Description, ItemId, Ordinal } from '@winnow/domain';
import type { BadRecord, Quarantine } from '@winnow/datasets';
import type { EventLog } from '@winnow/event-log';
import type { OnlineStore } from '@winnow/online-store';
import { CommandError } from '../command-error';
import type { ProgressReport } from '../output/progress';
import type { ImportRecord } from './import-records';
import type { ImportSource, SourceRecord } from './import-source';

export interface ImportOptions {
  readonly source: ImportSource;
  readonly description: Description;
  readonly store: OnlineStore;
  readonly eventLog: EventLog;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  /** Moves all times by whole weeks, so that the newest event is of the last week. */
  readonly shiftToNow: boolean;
  /** What an earlier import of this source did; its time shift is kept, so that no event gets two times. */
  readonly earlier: ImportRecord | null;
  readonly onProgress: (progress: ProgressReport) => void;
  /** Is shown every record of the source, with what its times will be moved by. */
  readonly observe?: (record: SourceRecord, shiftMs: number) => void;
  readonly signal: AbortSignal;
}

/** `rows` are those that could not be read as anything. */
export type RowKind = 'items' | 'users' | 'events' | 'rows';

/** Rows of one kind so far. */
export interface RowTally {
  kept: number;
  /** Of the kept: something was mended or left out. */
  repaired: number;
  refused: number;
}

/** What a look through the source tells before anything is written. */
export interface SourceExtent {
  readonly recordCount: number;
  readonly eventCount: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Time of the first event of every item that has one. */
  readonly firstMsByItem: ReadonlyMap<ItemId, number>;
}

/** An item on its way into the catalogue. */
export interface ItemUpsert {
  readonly itemId: ItemId;
  readonly attributes: Attributes;
  readonly available: boolean;
  readonly firstSeenAtMs: number;
}

/** What the steps of one import share. */
export interface ImportRun extends ImportOptions {
  readonly extent: SourceExtent;
  readonly shiftMs: number;
  readonly tally: Readonly<Record<RowKind, RowTally>>;
  readonly refusedByReason: Map<string, number>;
  readonly droppedAttributes: Set<string>;
  /** Ordinals of everything that this import has put or looked up. */
  readonly ordinals: Map<ItemId, Ordinal>;
}

/** Throws when Ctrl-C was pressed; what has been written stays, and importing again completes it. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new CommandError(
      'interrupted',
      'run the same import again: it adds what is missing, and nothing twice',
    );
}

/** Puts a refused row aside. */
export async function refuse(
  run: Pick<ImportRun, 'tally' | 'quarantine' | 'refusedByReason'>,
  kind: RowKind,
  record: BadRecord,
): Promise<void> {
  run.tally[kind].refused += 1;
  run.refusedByReason.set(record.reason, (run.refusedByReason.get(record.reason) ?? 0) + 1);
  await run.quarantine.add(record);
}

/** A refused row of a record that was readable and then found wanting. */
export const badRecord = (run: Pick<ImportRun, 'source'>, reason: string, record: object): BadRecord => ({
  kind: 'bad',
  file: run.source.name,
  line: (record as { readonly line?: number }).line ?? 0,
  reason,
  raw: JSON.stringify(record),
});
