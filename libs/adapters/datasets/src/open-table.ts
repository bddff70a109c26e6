import { basename } from 'node:path';
import { systemClock, type AttributeDefinition, type Clock } from '@winnow/domain';
import { checkColumnMapping, type ColumnMapping } from './column-mapping';
import { Dataset, type DatasetProgress, type RecordReader } from './dataset';
import { DatasetError } from './dataset-error';
import { csvTable, jsonlTable, parquetTable, type TableFile } from './table-files';

export const TABLE_FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

const READERS: Readonly<Record<TableFormat, (file: TableFile) => RecordReader>> = {
  csv: csvTable,
  jsonl: jsonlTable,
  parquet: parquetTable,
};

export interface TableOpenOptions {
  /** CSV and JSON lines may be compressed (`.gz`). */
  readonly path: string;
  /** By the file's name when it is not said. */
  readonly format?: TableFormat;
  readonly mapping: ColumnMapping;
  /** Give columns their types; a value that does not fit its type is left out and reported as a repair. */
  readonly itemAttributes?: readonly AttributeDefinition[];
  readonly userAttributes?: readonly AttributeDefinition[];
  readonly clock?: Clock;
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** The format that a file's name says; null when it says none. */
export function formatOfPath(path: string): TableFormat | null {
  const [, extension] = /\.([a-z]+?)(?:\.gz)?$/i.exec(path) ?? [];
  switch (extension?.toLowerCase()) {
    case 'csv':
    case 'tsv':
      return 'csv';
    case 'jsonl':
    case 'ndjson':
      return 'jsonl';
    case 'parquet':
      return 'parquet';
    default:
      return null;
  }
}

/**
 * Opens a file of one's own: CSV, JSON lines or Parquet, by a column mapping. An event whose mapping has attributes brings
 * the item's record with it, the first time that the item occurs.
 *
 * @throws DatasetError when the mapping is wrong, or the file is missing, cut short or damaged.
 */
export async function openTable(options: TableOpenOptions): Promise<Dataset> {
  const mapping = checkColumnMapping(options.mapping);
  const format = options.format ?? formatOfPath(options.path);
  if (format === null)
    throw new DatasetError(
      'mapping',
      `${options.path}: say which format it has: ${TABLE_FORMATS.join(', ')}`,
    );
  const file: TableFile = {
    path: options.path,
    mapping,
    options: { itemAttributes: options.itemAttributes ?? [], userAttributes: options.userAttributes ?? [] },
  };
  return Dataset.open({
    name: basename(options.path),
    files: [options.path],
    eventTypes: [],
    read: READERS[format](file),
    nowMs: (options.clock ?? systemClock).nowMs(),
    onProgress: options.onProgress,
  });
}
