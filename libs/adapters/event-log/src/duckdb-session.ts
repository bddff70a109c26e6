import { rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBResult,
} from '@duckdb/node-api';

export interface DuckDbLimits {
  /** As DuckDB writes it: `1GB`. What does not fit spills to a temporary folder. */
  readonly memoryLimit: string;
  readonly threads: number;
}

/** One in-memory DuckDB, started at the first use. It holds no data of its own: the Parquet files do. */
export class DuckDbSession {
  readonly #limits: DuckDbLimits;
  readonly #spillFolder = join(tmpdir(), `winnow-duckdb-${process.pid}-${randomBytes(4).toString('hex')}`);
  #instance: Promise<DuckDBInstance> | null = null;
  /** Parts whose schema version is one that this code reads. */
  readonly readableParts = new Set<string>();

  constructor(limits: DuckDbLimits) {
    this.#limits = limits;
  }

  /** Runs with a connection of its own, so that temporary tables never meet. */
  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** A connection that the caller closes. */
  async connect(): Promise<DuckDBConnection> {
    this.#instance ??= DuckDBInstance.create(':memory:', {
      memory_limit: this.#limits.memoryLimit,
      threads: String(this.#limits.threads),
      temp_directory: this.#spillFolder,
      // Parquet and JSON are built in; nothing is ever fetched from the network.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    return (await this.#instance).connect();
  }

  async close(): Promise<void> {
    const instance = await this.#instance;
    this.#instance = null;
    instance?.closeSync();
    await rm(this.#spillFolder, { recursive: true, force: true });
  }
}

/** The chunks of a streaming result, without the empty one that may end it. */
export async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    yield chunk;
  }
}

/** The single number of a one-row, one-column query. */
export async function queryNumber(connection: DuckDBConnection, sql: string): Promise<number> {
  const rows = (await connection.runAndReadAll(sql)).getRows();
  return Number(rows[0][0]);
}

export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** `read_parquet` of exactly these files. */
export const sqlParts = (paths: readonly string[], options = ''): string =>
  `read_parquet([${paths.map(sqlText).join(', ')}], hive_partitioning = false${options})`;
