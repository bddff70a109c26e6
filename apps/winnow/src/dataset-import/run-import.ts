import { CommandError } from '../command-error';
import { archiveCatalog } from './archive-catalog';
import { EventImport } from './import-events';
import { ItemImport } from './import-items';
import {
  type ImportOptions,
  type ImportRun,
  refuse,
  type RowKind,
  type RowTally,
  type SourceExtent,
  throwIfAborted,
} from './import-run';
import { UserImport } from './import-users';
import { scanSource } from './scan-source';
import { wholeWeeksShiftMs } from './time-shift';

/** Rows of one kind; read = kept + refused. */
export interface KindSummary extends Readonly<RowTally> {
  readonly kind: RowKind;
  readonly read: number;
}

export interface ImportSummary {
  readonly source: string;
  readonly kinds: readonly KindSummary[];
  readonly refusedByReason: Readonly<Record<string, number>>;
  /** Attributes that the source has and the description does not name. */
  readonly droppedAttributes: readonly string[];
  /** Items that events speak of and the source does not list; taken in without attributes. */
  readonly bareItemCount: number;
  readonly timeShiftMs: number;
  readonly firstEventMs: number | null;
  readonly lastEventMs: number | null;
}

const KINDS: readonly RowKind[] = ['items', 'users', 'events', 'rows'];

const emptyTally = (): RowTally => ({ kept: 0, repaired: 0, refused: 0 });

/**
 * Imports a source into catalogue, event log and online state. The catalogue hands out the ordinals that the events
 * are logged with. Importing the same again adds nothing to the log.
 */
export async function runImport(options: ImportOptions): Promise<ImportSummary> {
  const extent = await scanSource(options);
  const shiftMs = timeShiftMs(options, extent);
  const run: ImportRun = {
    ...options,
    extent,
    shiftMs,
    tally: { items: emptyTally(), users: emptyTally(), events: emptyTally(), rows: emptyTally() },
    refusedByReason: new Map(),
    droppedAttributes: new Set(),
    ordinals: new Map(),
  };
  const items = new ItemImport(run);
  await importRecords(run, items);
  await archiveCatalog(run);
  if (run.earlier) await rebuildOnlineState(run);
  return summarise(run, items.bareItemCount);
}

function timeShiftMs({ earlier, shiftToNow, clock }: ImportOptions, { lastMs }: SourceExtent): number {
  if (earlier) return earlier.timeShiftMs;
  return shiftToNow && lastMs !== null ? wholeWeeksShiftMs(lastMs, clock.nowMs()) : 0;
}

async function rebuildOnlineState({ store, eventLog, onProgress }: ImportRun): Promise<void> {
  const rebuilt = await store.rebuilder.rebuild({
    log: eventLog,
    force: true,
    onProgress: ({ eventCount }) => onProgress({ label: 'online state', done: eventCount }),
  });
  if (!rebuilt.ok)
    throw new CommandError(
      `the log is complete, the online state is not: ${rebuilt.error.reason}`,
      'complete it with: npx winnow rebuild --force',
    );
}

async function importRecords(run: ImportRun, items: ItemImport): Promise<void> {
  const users = new UserImport(run);
  const events = new EventImport(run, items);
  for await (const records of run.source.batches()) {
    throwIfAborted(run.signal);
    for (const record of records) {
      run.observe?.(record, run.shiftMs);
      if (record.kind === 'event') await events.add(record);
      else if (record.kind === 'item') await items.add(record);
      else if (record.kind === 'user') await users.add(record);
      else await refuse(run, 'rows', record);
    }
  }
  await items.flush();
  await users.flush();
  await events.flush();
}

function summarise(run: ImportRun, bareItemCount: number): ImportSummary {
  const { firstMs, lastMs } = run.extent;
  const shifted = (timeMs: number | null): number | null => (timeMs === null ? null : timeMs + run.shiftMs);
  return {
    source: run.source.name,
    kinds: KINDS.map((kind) => {
      const tally = run.tally[kind];
      return { kind, read: tally.kept + tally.refused, ...tally };
    }),
    refusedByReason: Object.fromEntries([...run.refusedByReason].sort(([, a], [, b]) => b - a)),
    droppedAttributes: [...run.droppedAttributes].sort(),
    bareItemCount,
    timeShiftMs: run.shiftMs,
    firstEventMs: shifted(firstMs),
    lastEventMs: shifted(lastMs),
  };
}
