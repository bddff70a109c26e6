import type {
  Clock,
  ReleaseVersion,
  ServedSlate,
  ServedUsers,
  SlateLogReader,
  SlateLogWriter,
  TracedSlate,
} from '@winnow/domain';
import { sqlParts, sqlText, type DuckDbSession } from './duckdb-session';
import { newPartName, type PartFolder, type TimeWindow } from './part-folder';
import { streamParts, withParts } from './part-reading';
import { fillBuffer, writePartitions } from './part-writing';
import { NOBODY_SERVED, readServedUsers } from './served-users';
import {
  appendSlate,
  SLATE_BUFFER_SQL,
  SLATE_PART_SQL,
  SLATE_PROBE_SQL,
  SLATE_SELECT_SQL,
  slatesOfChunk,
  TRACED_SLATE_SELECT_SQL,
  tracedSlatesOfChunk,
  UNIQUE_SLATES_SQL,
} from './slate-rows';

/** Both ports of the served-slate log, and its upkeep. */
export interface SlateLog extends SlateLogReader, SlateLogWriter {
  /** Removes the slates of all days before a time's; returns how many days went. */
  removeBefore(timeMs: number): Promise<number>;
}

/** A trace is some hundred kilobytes as JSON. */
const TRACES_PER_READ = 50;

function windowSql({ fromMs, toMs }: TimeWindow): string {
  const conditions = ['true'];
  if (fromMs !== undefined) conditions.push(`epoch_ms(served_at::TIMESTAMP) >= ${fromMs}`);
  if (toMs !== undefined) conditions.push(`epoch_ms(served_at::TIMESTAMP) < ${toMs}`);
  return conditions.join(' AND ');
}

/** Served slates in Parquet, partitioned by UTC day of serving, in the event log's folder. */
export class DuckDbSlateLog implements SlateLog {
  constructor(
    private readonly options: {
      readonly session: DuckDbSession;
      readonly folder: PartFolder;
      readonly clock: Clock;
      readonly underRewriteLock: <T>(work: () => Promise<T>) => Promise<T>;
    },
  ) {}

  async append(slates: readonly ServedSlate[]): Promise<void> {
    if (slates.length === 0) return;
    const { session, folder, clock } = this.options;
    await session.use(async (connection) => {
      await fillBuffer(connection, { columns: SLATE_BUFFER_SQL, rows: slates, append: appendSlate });
      await writePartitions(connection, {
        ...{ sql: SLATE_PART_SQL, folder, partitions: folder.slates },
        newName: () => newPartName(clock.nowMs()),
        schema: { kind: 'slates' },
      });
    });
  }

  async *stream(window: TimeWindow = {}): AsyncGenerator<readonly ServedSlate[]> {
    const query = {
      ...this.#parts(window),
      sql: (paths: readonly string[]) =>
        `SELECT ${SLATE_SELECT_SQL} FROM (
           SELECT * EXCLUDE (trace) FROM ${sqlParts(paths)} WHERE ${windowSql(window)} ${UNIQUE_SLATES_SQL})
         ORDER BY served_at, slate_id`,
    };
    for await (const chunk of streamParts(this.options.session, query)) yield slatesOfChunk(chunk);
  }

  async *sampleTraced({
    countMax,
    ...window
  }: TimeWindow & { readonly countMax: number }): AsyncGenerator<readonly TracedSlate[]> {
    const sample = await this.#sample(countMax, window);
    for (let start = 0; start < sample.length; start += TRACES_PER_READ) {
      const read = sample.slice(start, start + TRACES_PER_READ);
      const wanted = read.map(({ id }) => sqlText(id));
      const query = {
        // In the order of serving: each read needs the parts of its own days only.
        ...this.#parts({ fromMs: read[0].servedAtMs, toMs: read.at(-1)!.servedAtMs + 1 }),
        sql: (paths: readonly string[]) =>
          `SELECT ${TRACED_SLATE_SELECT_SQL} FROM (
             SELECT * FROM ${sqlParts(paths)} WHERE slate_id IN (${wanted.join(', ')}) ${UNIQUE_SLATES_SQL})
           ORDER BY served_at, slate_id`,
      };
      for await (const chunk of streamParts(this.options.session, query)) yield tracedSlatesOfChunk(chunk);
    }
  }

  usersServedSince(options: {
    readonly release: ReleaseVersion;
    readonly fromMs: number;
    readonly settleMs: number;
    readonly except: readonly string[];
  }): Promise<ServedUsers> {
    const { session } = this.options;
    return withParts(session, this.#parts({ fromMs: options.fromMs }), async (paths) =>
      paths.length === 0
        ? NOBODY_SERVED
        : session.use((connection) => readServedUsers(connection, { ...options, paths })),
    );
  }

  removeBefore(timeMs: number): Promise<number> {
    const { folder, underRewriteLock } = this.options;
    return underRewriteLock(() => folder.slates.removeBefore(timeMs));
  }

  /** In the order of serving. */
  #sample(countMax: number, window: TimeWindow): Promise<{ id: string; servedAtMs: number }[]> {
    const { session } = this.options;
    return withParts(session, this.#parts(window), async (paths) => {
      if (paths.length === 0) return [];
      return session.use(async (connection) => {
        const rows = await connection.runAndReadAll(
          `SELECT slate_id, epoch_ms(served_at::TIMESTAMP)::DOUBLE FROM (
             SELECT slate_id, min(served_at) AS served_at FROM ${sqlParts(paths)}
             WHERE traced AND ${windowSql(window)} GROUP BY slate_id ORDER BY hash(slate_id) LIMIT ${countMax})
           ORDER BY served_at, slate_id`,
        );
        return rows
          .getRows()
          .map(([id, servedAtMs]) => ({ id: id as string, servedAtMs: servedAtMs as number }));
      });
    });
  }

  #parts(window: TimeWindow) {
    return { list: () => this.options.folder.slates.parts(window), probe: SLATE_PROBE_SQL };
  }
}
