import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  systemClock,
  type CatalogChange,
  type CatalogItem,
  type Clock,
  type EventColumns,
  type EventLogReader,
  type EventLogWriter,
  type ShownSlateReader,
  type ShownSlates,
  type TrackedEvent,
  type UserId,
  type Attributes,
} from '@winnow/domain';
import {
  appendChange,
  CATALOG_BUFFER_SQL,
  CATALOG_PART_SQL,
  CATALOG_SELECT_SQL,
  changesOfChunk,
  itemsOfChunk,
  usersOfChunk,
} from './catalog-rows';
import { DuckDbSession, sqlParts } from './duckdb-session';
import { emptyFrame, readFrame, UNIQUE_EVENTS_SQL, type FrameWindow } from './event-frame';
import {
  appendEvent,
  EVENT_BUFFER_SQL,
  EVENT_PART_SQL,
  EVENT_PROBE_SQL,
  EVENT_SELECT_SQL,
  eventsOfChunk,
  eventSource,
} from './event-rows';
import { newEventPartName, newPartName, PartFolder } from './part-folder';
import { streamParts, withParts } from './part-reading';
import { compactParts, eraseUserRows, type CompactionReport } from './part-rewriting';
import { fillBuffer, writePart, writePartitions } from './part-writing';
import { withRewriteLock } from './rewrite-lock';
import { readShown, type ShownWindow } from './shown-slates';
import { DuckDbSlateLog, type SlateLog } from './slate-log';
import { SLATE_PROBE_SQL } from './slate-rows';

export interface EventLogOptions {
  /** Made at the first append; a missing folder is an empty log. */
  readonly folder: string;
  /** DuckDB's memory, as it writes it; what does not fit spills to a temporary folder. `1GB` by default. */
  readonly memoryLimit?: string;
  /** DuckDB's threads; 2 by default. */
  readonly threads?: number;
  readonly clock?: Clock;
  /** How long erasing and compacting wait for another process that does the same. */
  readonly lockWaitMs?: number;
}

/** What `winnow doctor` shows. Counts are of stored rows: repeated deliveries count as often as they came. */
export interface EventLogStats {
  readonly eventCount: number;
  readonly firstEventAtMs: number | null;
  readonly lastEventAtMs: number | null;
  readonly catalogChangeCount: number;
  readonly partCount: number;
  readonly bytes: number;
}

/** Both ports of the event log, and its upkeep. */
export interface EventLog extends EventLogReader, EventLogWriter, ShownSlateReader {
  stats(): Promise<EventLogStats>;
  /** Merges the small parts of every day that has at least `partCountMin` (8 by default), and of the catalogue. */
  compact(options?: { readonly partCountMin?: number }): Promise<CompactionReport>;
  /** Removes the events of all days before a time's, and no catalogue change; returns how many days went. */
  removeEventsBefore(timeMs: number): Promise<number>;
  /** The slates that were served, beside the events; erasing and compacting take them along. */
  readonly slates: SlateLog;
  /** Frees DuckDB; the log can be used again afterwards. */
  close(): Promise<void>;
}

/** Changes in the order they happened; a newer part wins a tie. */
const CATALOG_ORDER = 'changed_at, filename, file_row_number';
const CATALOG_ORDER_NEWEST = 'changed_at DESC, filename DESC, file_row_number DESC';
const catalogSource = (paths: readonly string[]): string =>
  sqlParts(paths, ', filename = true, file_row_number = true');

class DuckDbEventLog implements EventLog {
  readonly slates: SlateLog;
  readonly #folder: PartFolder;
  readonly #session: DuckDbSession;
  readonly #clock: Clock;
  readonly #lock: { readonly path: string; readonly waitMs: number };

  constructor(options: EventLogOptions) {
    const root = resolve(options.folder);
    this.#folder = new PartFolder(root);
    this.#session = new DuckDbSession({
      memoryLimit: options.memoryLimit ?? '1GB',
      threads: options.threads ?? 2,
    });
    this.#clock = options.clock ?? systemClock;
    this.#lock = { path: join(root, 'rewrite.lock'), waitMs: options.lockWaitMs ?? 60_000 };
    this.slates = new DuckDbSlateLog({
      ...{ session: this.#session, folder: this.#folder, clock: this.#clock },
      underRewriteLock: (work) => withRewriteLock(this.#lock, work),
    });
  }

  async appendEvents(events: readonly TrackedEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#session.use(async (connection) => {
      await fillBuffer(connection, { columns: EVENT_BUFFER_SQL, rows: events, append: appendEvent });
      await writePartitions(connection, {
        sql: `SELECT ${EVENT_PART_SQL} FROM buffer ORDER BY day, time, event_id`,
        folder: this.#folder,
        partitions: this.#folder.events,
        newName: () => newEventPartName(this.#clock.nowMs()),
        schema: { kind: 'events' },
      });
    });
  }

  async appendCatalogChanges(changes: readonly CatalogChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#session.use(async (connection) => {
      await fillBuffer(connection, { columns: CATALOG_BUFFER_SQL, rows: changes, append: appendChange });
      await writePart(connection, {
        sql: `SELECT ${CATALOG_PART_SQL} FROM buffer`,
        folder: this.#folder,
        target: join(this.#folder.catalogFolder, newPartName(this.#clock.nowMs())),
        schema: { kind: 'catalog' },
      });
    });
  }

  eraseUser(userId: UserId): Promise<number> {
    return withRewriteLock(this.#lock, () => eraseUserRows(this.#rewriting, userId));
  }

  removeEventsBefore(timeMs: number): Promise<number> {
    return withRewriteLock(this.#lock, () => this.#folder.events.removeBefore(timeMs));
  }

  compact(options: { readonly partCountMin?: number } = {}): Promise<CompactionReport> {
    return withRewriteLock(this.#lock, async () => {
      await this.#folder.removeAbandoned(Date.now());
      return compactParts(this.#rewriting, { partCountMin: options.partCountMin ?? 8 });
    });
  }

  readEvents(window: FrameWindow): Promise<EventColumns> {
    return withParts(
      this.#session,
      { list: () => this.#folder.events.parts(window), probe: EVENT_PROBE_SQL },
      async (paths) =>
        paths.length === 0
          ? emptyFrame()
          : this.#session.use((connection) => readFrame(connection, paths, window)),
    );
  }

  readShownSlates(window: ShownWindow): Promise<ShownSlates> {
    // An event may come long after its slate, never before: days of events decide which parts are read of both.
    const days = { fromMs: window.fromMs, toMs: window.toMs };
    const slates = { list: () => this.#folder.slates.parts(days), probe: SLATE_PROBE_SQL };
    const events = { list: () => this.#folder.events.parts(days), probe: EVENT_PROBE_SQL };
    return withParts(this.#session, slates, (slatePaths) =>
      withParts(this.#session, events, (eventPaths) =>
        this.#session.use((connection) =>
          readShown(connection, { events: eventPaths, slates: slatePaths }, window),
        ),
      ),
    );
  }

  async *streamEvents(): AsyncGenerator<readonly TrackedEvent[]> {
    const query = {
      list: () => this.#folder.events.parts(),
      probe: EVENT_PROBE_SQL,
      sql: (paths: readonly string[]) =>
        `SELECT ${EVENT_SELECT_SQL} FROM (SELECT * FROM ${eventSource(paths)} ${UNIQUE_EVENTS_SQL}) ORDER BY time, event_id`,
    };
    for await (const chunk of streamParts(this.#session, query)) yield eventsOfChunk(chunk);
  }

  async *readItems(): AsyncGenerator<readonly CatalogItem[]> {
    const query = this.#catalogQuery(
      (paths) =>
        `SELECT ${CATALOG_SELECT_SQL} FROM (
           SELECT * FROM ${catalogSource(paths)} WHERE ordinal IS NOT NULL
           QUALIFY row_number() OVER (PARTITION BY ordinal ORDER BY ${CATALOG_ORDER_NEWEST}) = 1)
         WHERE kind = 'item-upserted' ORDER BY ordinal`,
    );
    for await (const chunk of streamParts(this.#session, query)) yield itemsOfChunk(chunk);
  }

  async *readUsers(): AsyncGenerator<
    readonly { readonly userId: UserId; readonly attributes: Attributes }[]
  > {
    const query = this.#catalogQuery(
      (paths) =>
        `SELECT ${CATALOG_SELECT_SQL} FROM (
           SELECT * FROM ${catalogSource(paths)} WHERE kind = 'user-upserted'
           QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY ${CATALOG_ORDER_NEWEST}) = 1)
         ORDER BY user_id`,
    );
    for await (const chunk of streamParts(this.#session, query)) yield usersOfChunk(chunk);
  }

  async *streamCatalogChanges(): AsyncGenerator<readonly CatalogChange[]> {
    const query = this.#catalogQuery(
      (paths) => `SELECT ${CATALOG_SELECT_SQL} FROM ${catalogSource(paths)} ORDER BY ${CATALOG_ORDER}`,
    );
    for await (const chunk of streamParts(this.#session, query)) yield changesOfChunk(chunk);
  }

  async stats(): Promise<EventLogStats> {
    const read = <T>(
      list: () => Promise<string[]>,
      probe: string,
      work: (paths: readonly string[]) => Promise<T>,
    ) => withParts(this.#session, { list, probe }, work);
    const events = await read(
      () => this.#folder.events.parts(),
      EVENT_PROBE_SQL,
      async (paths) => ({
        ...(await this.#eventExtent(paths)),
        ...(await sizes(paths)),
      }),
    );
    const catalog = await read(
      () => this.#folder.catalogParts(),
      CATALOG_SELECT_SQL,
      async (paths) => ({
        rows: await this.#countRows(paths),
        ...(await sizes(paths)),
      }),
    );
    return {
      eventCount: events.rows,
      firstEventAtMs: events.firstMs,
      lastEventAtMs: events.lastMs,
      catalogChangeCount: catalog.rows,
      partCount: events.partCount + catalog.partCount,
      bytes: events.bytes + catalog.bytes,
    };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  get #rewriting(): { session: DuckDbSession; folder: PartFolder } {
    return { session: this.#session, folder: this.#folder };
  }

  #catalogQuery(sql: (paths: readonly string[]) => string) {
    return { list: () => this.#folder.catalogParts(), probe: CATALOG_SELECT_SQL, sql };
  }

  #queryRow(sql: string): Promise<(number | null)[]> {
    return this.#session.use(
      async (connection: DuckDBConnection) =>
        (await connection.runAndReadAll(sql)).getRows()[0] as (number | null)[],
    );
  }

  async #countRows(paths: readonly string[]): Promise<number> {
    if (paths.length === 0) return 0;
    const [rows] = await this.#queryRow(`SELECT count(*)::DOUBLE FROM ${sqlParts(paths)}`);
    return rows ?? 0;
  }

  async #eventExtent(
    paths: readonly string[],
  ): Promise<{ rows: number; firstMs: number | null; lastMs: number | null }> {
    if (paths.length === 0) return { rows: 0, firstMs: null, lastMs: null };
    const [rows, firstMs, lastMs] = await this.#queryRow(
      `SELECT count(*)::DOUBLE, epoch_ms(min(time)::TIMESTAMP)::DOUBLE, epoch_ms(max(time)::TIMESTAMP)::DOUBLE
       FROM ${sqlParts(paths)}`,
    );
    return { rows: rows ?? 0, firstMs, lastMs };
  }
}

async function sizes(paths: readonly string[]): Promise<{ partCount: number; bytes: number }> {
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path)).size;
  return { partCount: paths.length, bytes };
}

/**
 * The event log of a folder: Parquet files that DuckDB, pandas and everything else read as they are.
 *
 *     events/day=YYYY-MM-DD/part-….parquet    partitioned by UTC day of the event
 *     catalog/part-….parquet                  item and user changes, attributes as JSON
 *     slates/day=YYYY-MM-DD/part-….parquet    served slates by UTC day of serving, a sampled share with its trace
 */
export const createEventLog = (options: EventLogOptions): EventLog => new DuckDbEventLog(options);
