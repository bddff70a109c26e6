import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { reasonOf } from '@winnow/domain';
import { chunksOf, sqlParts, type DuckDbSession } from './duckdb-session';
import { EventLogError } from './event-log-error';
import { refuseNewerParts } from './schema-version';

/** Rewriters replace parts under a reader; so often in a row, over seconds, they do not. */
const ATTEMPTS_MAX = 50;
const RETRY_MS = 20;

/** DuckDB adds the statement and a caret; the first line says it all. */
const firstLine = (error: unknown): string => reasonOf(error).split('\n')[0];

const isMissing = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    () => true,
  );

/** Reads every part alone, to tell the one that is damaged from one that is gone. */
async function faultyPart(
  session: DuckDbSession,
  paths: readonly string[],
  select: string,
): Promise<'gone' | EventLogError | null> {
  return session.use(async (connection) => {
    for (const path of paths) {
      try {
        await connection.run(
          `SELECT sum(hash(rows)) FROM (SELECT ${select} FROM ${sqlParts([path])}) AS rows`,
        );
      } catch (error) {
        if (await isMissing(path)) return 'gone';
        return new EventLogError(path, `is damaged: ${firstLine(error)}`, error);
      }
    }
    return null;
  });
}

export interface PartsQuery {
  /** The parts as they are now; called again when a rewriter replaced some of them. */
  readonly list: () => Promise<string[]>;
  /** What a healthy part must be able to answer, for finding the damaged one. */
  readonly probe: string;
}

/**
 * Runs a query over the present parts. A part that vanishes is no error: its rows live on in another, so the query runs
 * again on a new list. `work` gets null when there are no parts.
 *
 * @throws EventLogError naming the part that is damaged, or that a newer Winnow has written.
 */
export async function withParts<T>(
  session: DuckDbSession,
  query: PartsQuery,
  work: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const paths = await query.list();
    try {
      await refuseNewerParts(session, paths);
      return await work(paths);
    } catch (error) {
      if (error instanceof EventLogError) throw error;
      const fault = await faultyPart(session, paths, query.probe);
      if (fault !== 'gone' || attempt === ATTEMPTS_MAX) throw fault instanceof EventLogError ? fault : error;
      await sleep(RETRY_MS);
    }
  }
}

/**
 * Streams the rows of a sorted query, chunk by chunk. A sort reads all its input before its first row, so whatever is
 * wrong with a part shows before anything was passed on.
 */
export async function* streamParts(
  session: DuckDbSession,
  query: PartsQuery & { readonly sql: (source: readonly string[]) => string },
): AsyncGenerator<DuckDBDataChunk> {
  const opened = await withParts(session, query, async (paths) => {
    if (paths.length === 0) return null;
    const connection = await session.connect();
    try {
      const chunks = chunksOf(await connection.stream(query.sql(paths)));
      return { connection, chunks, first: await chunks.next() };
    } catch (error) {
      connection.closeSync();
      throw error;
    }
  });
  if (opened) yield* followedBy(opened);
}

async function* followedBy(opened: {
  readonly connection: DuckDBConnection;
  readonly chunks: AsyncGenerator<DuckDBDataChunk>;
  readonly first: IteratorResult<DuckDBDataChunk>;
}): AsyncGenerator<DuckDBDataChunk> {
  try {
    if (opened.first.done) return;
    yield opened.first.value;
    yield* opened.chunks;
  } finally {
    opened.connection.closeSync();
  }
}
