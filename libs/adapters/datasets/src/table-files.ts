import { DuckDBInstance, JSDuckDBValueConverter } from '@duckdb/node-api';
import { reasonOf } from '@winnow/domain';
import type { ColumnMapping } from './column-mapping';
import { resolveMapping } from './column-mapping';
import { badRow, rowProblem, type ReadContext, type RecordReader } from './dataset';
import { DatasetError } from './dataset-error';
import { readRows, type Row } from './delimited-rows';
import type { DatasetRecord } from './records';
import { TableRecords, type TableOptions } from './table-records';
import { readText } from './text-files';

export interface TableFile {
  readonly path: string;
  readonly mapping: ColumnMapping;
  readonly options: Omit<TableOptions, 'mapping' | 'nowMs' | 'timeUnit'>;
}

const DELIMITERS = [',', ';', '\t', '|'];
const JSON_LINES = { separator: '\n', quoted: false };
const UNTERMINATED = 'the last row has no line end';

const tableRecords = (file: TableFile, columns: readonly string[], context: ReadContext): TableRecords =>
  new TableRecords({
    ...file.options,
    mapping: resolveMapping(file.mapping, columns, file.path),
    timeUnit: file.mapping.timeUnit ?? 'auto',
    nowMs: context.nowMs,
  });

/** The first line of a text file. */
async function firstLine(path: string): Promise<string> {
  let text = '';
  for await (const piece of readText({ path })) {
    text += piece;
    if (text.includes('\n') || text.length > 1024 * 1024) break;
  }
  return text.split(/\r?\n/, 1)[0];
}

async function delimiterOf({ path, mapping }: TableFile): Promise<string> {
  if (mapping.delimiter !== undefined) return mapping.delimiter;
  const header = await firstLine(path);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function recordsOfRow(
  path: string,
  row: Row,
  records: ReturnType<TableRecords['of']>,
): readonly DatasetRecord[] {
  if ('reason' in records) return [badRow(path, row, records.reason)];
  if (!row.unterminated) return records;
  return records.map((record) => ({ ...record, repairs: [...(record.repairs ?? []), UNTERMINATED] }));
}

/** CSV with a header, RFC 4180; the delimiter is found out from the header. */
export const csvTable = (file: TableFile): RecordReader =>
  async function* (context) {
    const format = { separator: await delimiterOf(file), quoted: true };
    let columns: readonly string[] | null = null;
    let table: TableRecords | null = null;
    for await (const rows of readRows({ path: file.path, onBytes: context.onBytes }, format)) {
      const records: DatasetRecord[] = [];
      for (const row of rows) {
        if (columns === null || table === null) {
          columns = row.fields.map((name) => name.trim());
          table = tableRecords(file, columns, context);
          continue;
        }
        const problem = rowProblem(row, columns.length);
        const names: readonly string[] = columns;
        if (problem !== null) records.push(badRow(file.path, row, problem));
        else
          records.push(
            ...recordsOfRow(
              file.path,
              row,
              table.of((name) => row.fields[names.indexOf(name)], row.line),
            ),
          );
      }
      yield records;
    }
    if (columns === null) throw new DatasetError('damaged', `${file.path}: is empty; expected a header`);
  };

function parseJsonRow(row: Row): { readonly cells: Record<string, unknown> } | { readonly reason: string } {
  try {
    const cells: unknown = JSON.parse(row.raw);
    if (typeof cells === 'object' && cells !== null && !Array.isArray(cells))
      return { cells: cells as Record<string, unknown> };
    return { reason: 'is not a JSON object' };
  } catch {
    return { reason: row.unterminated ? 'the file ends in the middle of this row' : 'is not JSON' };
  }
}

const keysOf = (parsed: readonly ReturnType<typeof parseJsonRow>[]): string[] => [
  ...new Set(parsed.flatMap((row) => ('cells' in row ? Object.keys(row.cells) : []))),
];

/** One JSON object a line. The first 256 KiB say which columns there are; any row may lack some. */
export const jsonlTable = (file: TableFile): RecordReader =>
  async function* (context) {
    let table: TableRecords | null = null;
    for await (const rows of readRows({ path: file.path, onBytes: context.onBytes }, JSON_LINES)) {
      const parsedRows = rows.map(parseJsonRow);
      const columns = keysOf(parsedRows);
      if (columns.length > 0) table ??= tableRecords(file, columns, context);
      yield rows.flatMap((row, index) => {
        const parsed = parsedRows[index];
        if ('reason' in parsed) return [badRow(file.path, row, parsed.reason)];
        // Whole JSON needs no line end.
        const whole = { ...row, unterminated: false };
        const found = table?.of((name) => parsed.cells[name], row.line) ?? { reason: 'is an empty object' };
        return recordsOfRow(file.path, whole, found);
      });
    }
  };

/** Parquet, through DuckDB; the line of a record is its row number from 1. */
export const parquetTable = (file: TableFile): RecordReader =>
  async function* (context) {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: '1GB',
      threads: '2',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    try {
      const path = file.path.replaceAll("'", "''");
      const result = await connection.stream(
        `SELECT * FROM read_parquet('${path}', hive_partitioning = false)`,
      );
      const columns = result.columnNames();
      const table = tableRecords(file, columns, context);
      let line = 0;
      for await (const rows of result.yieldConvertedRows(JSDuckDBValueConverter)) {
        const records: DatasetRecord[] = [];
        for (const cells of rows) {
          line += 1;
          const found = table.of((name) => cells[columns.indexOf(name)], line);
          if ('reason' in found)
            records.push(badRow(file.path, { line, raw: rawCells(columns, cells) }, found.reason));
          else records.push(...found);
        }
        yield records;
      }
    } catch (error) {
      if (error instanceof DatasetError) throw error;
      throw new DatasetError('damaged', `${file.path}: ${reasonOf(error).split('\n')[0]}`, error);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  };

const rawCells = (columns: readonly string[], cells: readonly unknown[]): string =>
  JSON.stringify(
    Object.fromEntries(columns.map((name, index) => [name, cells[index]])),
    (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value),
  );
