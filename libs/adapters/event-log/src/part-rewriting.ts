import { dirname, join } from 'node:path';
import { queryNumber, sqlParts, sqlText, type DuckDbSession } from './duckdb-session';
import { EVENT_PROBE_SQL, eventSource } from './event-rows';
import { CATALOG_SELECT_SQL } from './catalog-rows';
import {
  hasEventCursors,
  partName,
  rewrittenPartName,
  withCursors,
  type DayPartitions,
  type PartFolder,
} from './part-folder';
import { withParts } from './part-reading';
import { rewritePart } from './part-writing';
import { SCHEMA_VERSIONS, type PartSchema } from './schema-version';
import { SLATE_PROBE_SQL, UNIQUE_SLATES_SQL } from './slate-rows';

/** Bounds one statement's length; a partition rarely has as many parts. */
const PARTS_PER_QUERY = 1_000;

interface Rewriting {
  readonly session: DuckDbSession;
  readonly folder: PartFolder;
}

/** Parts that hold rows of a user, with how many. */
async function partsOfUser(
  { session }: Rewriting,
  options: { readonly userId: string; readonly parts: readonly string[]; readonly probe: string },
): Promise<{ path: string; userRows: number; rows: number }[]> {
  const found: { path: string; userRows: number; rows: number }[] = [];
  for (let start = 0; start < options.parts.length; start += PARTS_PER_QUERY) {
    const parts = options.parts.slice(start, start + PARTS_PER_QUERY);
    // The rewriting lock is held: nobody else replaces parts, only damage can fail this.
    await withParts(session, { list: async () => parts, probe: options.probe }, (paths) =>
      session.use(async (connection) => {
        const rows = await connection.runAndReadAll(
          `SELECT filename, count(*) FILTER (user_id = $1)::DOUBLE AS user_rows, count(*)::DOUBLE
           FROM ${sqlParts(paths, ', filename = true')} GROUP BY filename HAVING user_rows > 0`,
          [options.userId],
        );
        for (const [path, userRows, all] of rows.getRows())
          found.push({ path: path as string, userRows: userRows as number, rows: all as number });
      }),
    );
  }
  return found;
}

const CATALOG_SCHEMA: PartSchema = { kind: 'catalog' };
const SLATE_SCHEMA: PartSchema = { kind: 'slates' };
/** Rewriting a part keeps its columns. */
const eventSchemaOf = (path: string): PartSchema => ({
  kind: 'events',
  version: hasEventCursors(path) ? SCHEMA_VERSIONS.events : 1,
});

/** Rewrites every part that holds rows of a user; returns how many rows went. Run it under the rewriting lock. */
export async function eraseUserRows(rewriting: Rewriting, userId: string): Promise<number> {
  const { session, folder } = rewriting;
  let erased = 0;
  const sources = [
    { parts: await folder.events.parts(), probe: EVENT_PROBE_SQL, schemaOf: eventSchemaOf },
    { parts: await folder.catalogParts(), probe: CATALOG_SELECT_SQL, schemaOf: () => CATALOG_SCHEMA },
    { parts: await folder.slates.parts(), probe: SLATE_PROBE_SQL, schemaOf: () => SLATE_SCHEMA },
  ];
  for (const source of sources)
    for (const { path, userRows, rows } of await partsOfUser(rewriting, { userId, ...source })) {
      // Both names exist for a moment; readers count an event once.
      if (rows > userRows)
        await rewritePart(session, {
          sql: `SELECT * FROM ${sqlParts([path])} WHERE user_id IS DISTINCT FROM ${sqlText(userId)}`,
          folder,
          target: join(dirname(path), rewrittenPartName(partName(path))),
          schema: source.schemaOf(path),
        });
      await folder.remove([path]);
      erased += userRows;
    }
  return erased;
}

export interface CompactionReport {
  readonly partCountBefore: number;
  readonly partCountAfter: number;
  /** Repeated deliveries that were dropped on the way. */
  readonly droppedCount: number;
}

async function compactGroup(
  { session, folder }: Rewriting,
  options: {
    readonly parts: readonly string[];
    readonly sql: string;
    readonly target: string;
    readonly schema: PartSchema;
  },
): Promise<number> {
  const { sql, target, schema } = options;
  const count = (paths: readonly string[]): Promise<number> =>
    session.use((connection) => queryNumber(connection, `SELECT count(*) FROM ${sqlParts(paths)}`));
  await rewritePart(session, { sql, folder, target, schema });
  const dropped = (await count(options.parts)) - (await count([target]));
  await folder.remove(options.parts);
  return dropped;
}

const sameName = (name: string): string => name;

const partsByDay = async (partitions: DayPartitions): Promise<string[][]> =>
  Promise.all((await partitions.days()).map((day) => partitions.partsOfDay(day)));

/**
 * Merges the parts of each day that has at least `partCountMin` of them, and those of the catalogue. Run it under the
 * rewriting lock. What dies half-way has lost nothing: the old parts go last.
 */
export async function compactParts(
  rewriting: Rewriting,
  options: { readonly partCountMin: number },
): Promise<CompactionReport> {
  const { session, folder } = rewriting;
  let [partCountBefore, partCountAfter, droppedCount] = [0, 0, 0];
  const compactable = [
    ...(await partsByDay(folder.events)).map((parts) => ({
      parts,
      probe: EVENT_PROBE_SQL,
      nameOf: withCursors,
      schema: { kind: 'events' } as const,
      sql: `SELECT * FROM ${eventSource(parts)}
            QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY received_at, time) = 1 ORDER BY time, event_id`,
    })),
    ...(await partsByDay(folder.slates)).map((parts) => ({
      parts,
      probe: SLATE_PROBE_SQL,
      nameOf: sameName,
      schema: SLATE_SCHEMA,
      sql: `SELECT * FROM ${sqlParts(parts)} ${UNIQUE_SLATES_SQL} ORDER BY served_at, slate_id`,
    })),
    await folder.catalogParts().then((parts) => ({
      parts,
      probe: CATALOG_SELECT_SQL,
      nameOf: sameName,
      schema: CATALOG_SCHEMA,
      sql: `SELECT * EXCLUDE (filename, file_row_number)
            FROM ${sqlParts(parts, ', filename = true, file_row_number = true')}
            ORDER BY changed_at, filename, file_row_number`,
    })),
  ];
  for (const { parts, probe, nameOf, schema, sql } of compactable) {
    partCountBefore += parts.length;
    partCountAfter += parts.length;
    if (parts.length < Math.max(2, options.partCountMin)) continue;
    const newest = parts[parts.length - 1];
    const target = join(dirname(newest), nameOf(rewrittenPartName(partName(newest))));
    droppedCount += await withParts(session, { list: async () => [...parts], probe }, () =>
      compactGroup(rewriting, { parts, sql, target, schema }),
    );
    partCountAfter -= parts.length - 1;
  }
  return { partCountBefore, partCountAfter, droppedCount };
}
