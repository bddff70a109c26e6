import type { Clock, Description, Ordinal } from '@winnow/domain';
import type { EventLog } from '@winnow/event-log';
import type { OnlineStore } from '@winnow/online-store';
import { CommandError, EXIT } from '../command-error';
import type { ProgressReport } from '../output/progress';
import type { ImportSource } from './import-source';
import type { Quarantine } from './quarantine';

export interface ImportOptions {
  readonly source: ImportSource;
  readonly description: Description;
  readonly store: OnlineStore;
  readonly eventLog: EventLog;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  /** Moves all times by whole weeks, so that the newest event is of the last week. */
  readonly shiftToNow: boolean;
  readonly onProgress: (progress: ProgressReport) => void;
  readonly signal: AbortSignal;
}

export type RowKind = 'items' | 'users' | 'events';

/** What the steps of one import share. */
export interface ImportRun extends ImportOptions {
  readonly shiftMs: number;
  readonly kept: Record<RowKind, number>;
  readonly repaired: Record<RowKind, number>;
  readonly droppedAttributes: Set<string>;
  /** Ordinals of everything that this import has put or looked up. */
  readonly ordinals: Map<string, Ordinal>;
}

/** Throws when Ctrl-C was pressed; what has been written stays, and importing again completes it. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new CommandError(
      'interrupted',
      'run the same import again: it goes on where rows are missing',
      EXIT.failure,
    );
}
