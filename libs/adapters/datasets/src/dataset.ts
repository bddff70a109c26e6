import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import { DatasetCounter, type BadRecord, type DatasetRecord, type DatasetSummary } from './records';
import type { Row } from './delimited-rows';
import { checkReadable } from './text-files';

export interface ReadContext {
  readonly nowMs: number;
  readonly onBytes: (bytes: number) => void;
}

export interface DatasetProgress {
  readonly readBytes: number;
  readonly totalBytes: number;
}

/** Where records come from; one reading of all files, in batches: half a million `await`s would cost seconds. */
export type RecordReader = (context: ReadContext) => AsyncIterable<readonly DatasetRecord[]>;

export interface DatasetOptions {
  readonly name: string;
  readonly files: readonly string[];
  readonly eventTypes: readonly string[];
  readonly read: RecordReader;
  readonly nowMs: number;
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** A data set that was found and whose files can be read. Items and users come before the events that name them. */
export class Dataset {
  readonly name: string;
  readonly files: readonly string[];
  /** Types of the events that it gives; empty when only the rows know. */
  readonly eventTypes: readonly string[];
  readonly totalBytes: number;
  readonly #options: DatasetOptions;
  #counter = new DatasetCounter();

  private constructor(options: DatasetOptions, totalBytes: number) {
    this.name = options.name;
    this.files = options.files;
    this.eventTypes = options.eventTypes;
    this.totalBytes = totalBytes;
    this.#options = options;
  }

  /** @throws DatasetError when a file is missing, cut or damaged: before any record of it exists. */
  static async open(options: DatasetOptions): Promise<Dataset> {
    let totalBytes = 0;
    for (const file of options.files) {
      await checkReadable(file);
      totalBytes += (await stat(file)).size;
    }
    return new Dataset(options, totalBytes);
  }

  /** Reads from the beginning; may be called again. */
  async *batches(): AsyncGenerator<readonly DatasetRecord[]> {
    const counter = new DatasetCounter();
    this.#counter = counter;
    let readBytes = 0;
    const onBytes = (bytes: number): void => {
      readBytes += bytes;
      this.#options.onProgress?.({ readBytes, totalBytes: this.totalBytes });
    };
    for await (const batch of this.#options.read({ nowMs: this.#options.nowMs, onBytes })) {
      for (const record of batch) counter.add(record);
      if (batch.length > 0) yield batch;
    }
  }

  /** The same, one by one: easier to read, slower by a microsecond a record. */
  async *records(): AsyncGenerator<DatasetRecord> {
    for await (const batch of this.batches()) yield* batch;
  }

  /** Of the newest reading, so far. */
  summary(): DatasetSummary {
    return this.#counter.summary();
  }
}

/** Longest part of a bad row that is kept. */
const RAW_LENGTH_MAX = 2_000;

export const badRow = (path: string, row: { line: number; raw: string }, reason: string): BadRecord => ({
  kind: 'bad',
  file: basename(path),
  line: row.line,
  reason,
  raw: row.raw.slice(0, RAW_LENGTH_MAX),
});

/** Why a row of a file with so many columns cannot be used, whatever is in it; null when it can. */
export function rowProblem(row: Row, columnCount: number): string | null {
  if (row.problem !== null)
    return row.unterminated ? `${row.problem}: the file ends in the middle of it` : row.problem;
  if (row.fields.length === columnCount) return null;
  if (row.unterminated) return 'the file ends in the middle of this row';
  return `has ${row.fields.length} columns, expected ${columnCount}`;
}
