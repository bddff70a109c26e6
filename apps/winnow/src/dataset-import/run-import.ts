import { archiveCatalog } from './archive-catalog';
import { importItems, importUsers } from './import-catalog';
import { importEvents } from './import-events';
import type { ImportOptions, ImportRun, RowKind } from './import-run';
import { scanEvents } from './scan-events';
import { wholeWeeksShiftMs } from './time-shift';

/** Rows of one kind. Read = kept + refused. */
export interface KindSummary {
  readonly kind: RowKind;
  readonly read: number;
  readonly kept: number;
  /** Of the kept: something was left out or filled in. */
  readonly repaired: number;
  readonly refused: number;
}

export interface ImportSummary {
  readonly source: string;
  readonly kinds: readonly KindSummary[];
  /** Attributes that the source has and the description does not name. */
  readonly droppedAttributes: readonly string[];
  /** Items that events speak of and the source does not list; taken in without attributes. */
  readonly bareItemCount: number;
  readonly timeShiftMs: number;
  readonly firstEventMs: number | null;
  readonly lastEventMs: number | null;
}

/**
 * Imports a source: the catalogue first (it hands out ordinals), then the events into the log and the online state.
 * Importing the same again adds nothing to the log.
 */
export async function runImport(options: ImportOptions): Promise<ImportSummary> {
  const extent = await scanEvents(options);
  const shiftMs =
    options.shiftToNow && extent.lastMs !== null
      ? wholeWeeksShiftMs(extent.lastMs, options.clock.nowMs())
      : 0;
  const run: ImportRun = {
    ...options,
    shiftMs,
    kept: { items: 0, users: 0, events: 0 },
    repaired: { items: 0, users: 0, events: 0 },
    droppedAttributes: new Set(),
    ordinals: new Map(),
  };
  const { bareItemCount } = await importItems(run, extent);
  await importUsers(run);
  await archiveCatalog(run);
  await importEvents(run, extent.count);
  return summarise(run, { bareItemCount, firstMs: extent.firstMs, lastMs: extent.lastMs });
}

function summarise(
  run: ImportRun,
  extent: { readonly bareItemCount: number; readonly firstMs: number | null; readonly lastMs: number | null },
): ImportSummary {
  const kinds: readonly RowKind[] = ['items', 'users', 'events'];
  const shifted = (timeMs: number | null): number | null => (timeMs === null ? null : timeMs + run.shiftMs);
  return {
    source: run.source.name,
    kinds: kinds.map((kind) => {
      const refused = run.quarantine.counts[kind];
      const repaired = run.repaired[kind] + (run.source.repaired?.()[kind] ?? 0);
      return { kind, read: run.kept[kind] + refused, kept: run.kept[kind], repaired, refused };
    }),
    droppedAttributes: [...run.droppedAttributes].sort(),
    bareItemCount: extent.bareItemCount,
    timeShiftMs: run.shiftMs,
    firstEventMs: shifted(extent.firstMs),
    lastEventMs: shifted(extent.lastMs),
  };
}
