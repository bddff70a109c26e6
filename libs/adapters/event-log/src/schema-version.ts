import { sqlText, type DuckDbSession } from './duckdb-session';
import { EventLogError } from './event-log-error';

/**
 * The newest version of each kind of part that this code reads and writes. One more whenever a reader must tell a part
 * from those of before: 2 of events since they have a cursor. A column more that nobody has to know is no new version.
 */
export const SCHEMA_VERSIONS = { events: 2, catalog: 1, slates: 1 } as const;

/** A kind of part, as it says of itself. */
export interface PartSchema {
  readonly kind: keyof typeof SCHEMA_VERSIONS;
  /** Default: the newest. */
  readonly version?: number;
}

const KIND_KEY = 'winnow.schema';
const VERSION_KEY = 'winnow.schema_version';
/** Bounds one statement's length. */
const PARTS_PER_QUERY = 1_000;
/** Bounds what a process that lives for months remembers; the parts are looked at again then. */
const KNOWN_PARTS_MAX = 100_000;

/** Option of `COPY`: what a part says of itself in its Parquet metadata, for every tool that reads it. */
export const schemaOption = ({ kind, version = SCHEMA_VERSIONS[kind] }: PartSchema): string =>
  `KV_METADATA {${sqlText(KIND_KEY)}: ${sqlText(kind)}, ${sqlText(VERSION_KEY)}: ${sqlText(String(version))}}`;

/**
 * Refuses parts that a newer Winnow has written: half understood, they would be read as if they were whole. Parts from
 * before parts had versions say nothing, and are read. Parts never change, so each is looked at once.
 *
 * @throws EventLogError naming the part and what to do.
 */
export async function refuseNewerParts(session: DuckDbSession, paths: readonly string[]): Promise<void> {
  const { readableParts } = session;
  if (readableParts.size > KNOWN_PARTS_MAX) readableParts.clear();
  const unknown = paths.filter((path) => !readableParts.has(path));
  for (let start = 0; start < unknown.length; start += PARTS_PER_QUERY) {
    const parts = unknown.slice(start, start + PARTS_PER_QUERY);
    for (const { path, kind, version } of await versionsOf(session, parts)) {
      const newest = SCHEMA_VERSIONS[kind as PartSchema['kind']] ?? 0;
      if (!(version <= newest))
        throw new EventLogError(
          path,
          `has ${kind} of schema version ${version}, and this Winnow reads up to ${newest}: update it`,
        );
    }
    for (const path of parts) readableParts.add(path);
  }
}

/** Of the parts that say so. */
async function versionsOf(
  session: DuckDbSession,
  parts: readonly string[],
): Promise<readonly { readonly path: string; readonly kind: string; readonly version: number }[]> {
  const rows = await session.use((connection) =>
    connection.runAndReadAll(
      `SELECT file_name, any_value(decode(value)) FILTER (decode(key) = ${sqlText(KIND_KEY)}) AS kind,
         any_value(decode(value)) FILTER (decode(key) = ${sqlText(VERSION_KEY)}) AS version
       FROM parquet_kv_metadata([${parts.map(sqlText).join(', ')}])
       GROUP BY file_name HAVING kind IS NOT NULL AND version IS NOT NULL`,
    ),
  );
  return rows.getRows().map(([path, kind, version]) => ({
    ...{ path: path as string, kind: kind as string },
    version: Number(version),
  }));
}
