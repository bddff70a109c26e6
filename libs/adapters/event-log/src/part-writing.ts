import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { sqlText, type DuckDbSession } from './duckdb-session';
import type { DayPartitions, PartFolder } from './part-folder';
import { schemaOption, type PartSchema } from './schema-version';

/** Rows appended before the event loop gets a turn: the appender is synchronous. */
const ROWS_PER_TURN = 5_000;
const PARQUET = 'FORMAT parquet, COMPRESSION zstd';

/** Fills a temporary table called `buffer` without blocking the process for longer than a few milliseconds. */
export async function fillBuffer<Row>(
  connection: DuckDBConnection,
  options: {
    readonly columns: string;
    readonly rows: readonly Row[];
    readonly append: (appender: DuckDBAppender, row: Row) => void;
  },
): Promise<void> {
  await connection.run(`CREATE TEMP TABLE buffer ${options.columns}`);
  const appender = await connection.createAppender('buffer');
  try {
    for (let row = 0; row < options.rows.length; row += 1) {
      options.append(appender, options.rows[row]);
      if (row % ROWS_PER_TURN === ROWS_PER_TURN - 1) await nextTurn();
    }
  } finally {
    appender.closeSync();
  }
}

/** Writes the rows of a query to one file below the partition of its `day` column, and publishes them all. */
export async function writePartitions(
  connection: DuckDBConnection,
  options: {
    readonly sql: string;
    readonly folder: PartFolder;
    readonly partitions: DayPartitions;
    readonly newName: () => string;
    readonly schema: PartSchema;
  },
): Promise<void> {
  await options.folder.stage(async (staging) => {
    await connection.run(
      `COPY (${options.sql}) TO ${sqlText(staging)} (${PARQUET}, ${schemaOption(options.schema)}, PARTITION_BY (day), OVERWRITE_OR_IGNORE)`,
    );
    const files = (await readdir(staging, { recursive: true }))
      .filter((path) => path.endsWith('.parquet'))
      .sort();
    for (const file of files)
      await options.folder.publish(
        join(staging, file),
        join(options.partitions.folder, dirname(file), options.newName()),
      );
  });
}

/** One part that is to be: its rows, where it goes, and what it says of itself. */
export interface PartToWrite {
  readonly sql: string;
  readonly folder: PartFolder;
  readonly target: string;
  readonly schema: PartSchema;
}

/** Writes the rows of a query to one file and publishes it. */
export async function writePart(connection: DuckDBConnection, options: PartToWrite): Promise<void> {
  await options.folder.stage(async (staging) => {
    const staged = join(staging, 'part.parquet');
    await connection.run(
      `COPY (${options.sql}) TO ${sqlText(staged)} (${PARQUET}, ${schemaOption(options.schema)})`,
    );
    await options.folder.publish(staged, options.target);
  });
}

/** For callers that rewrite: a connection and one part in one go. */
export const rewritePart = (session: DuckDbSession, options: PartToWrite): Promise<void> =>
  session.use((connection) => writePart(connection, options));
