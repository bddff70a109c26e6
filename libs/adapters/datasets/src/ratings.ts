import { itemId, userId } from '@winnow/domain';
import { badRow, rowProblem, type ReadContext } from './dataset';
import { readRows, type DelimitedFormat, type Row } from './delimited-rows';
import { parseId, parseNumber, parseTime } from './field-parsing';
import type { DatasetRecord, EventRecord } from './records';
import type { TextEncoding } from './text-files';

/** The event type of all rating data sets; the rating is its value. */
export const RATED = 'rated';

export interface RowsOfFile {
  readonly path: string;
  readonly format: DelimitedFormat;
  readonly columnCount: number;
  readonly encoding?: TextEncoding;
  /** The first row names the columns. */
  readonly header?: boolean;
}

/** Rows of a file that have the right number of columns, each turned into a record; the others are bad ones. */
export async function* recordsOfRows(
  file: RowsOfFile,
  context: ReadContext,
  toRecord: (row: Row) => DatasetRecord | null,
): AsyncGenerator<readonly DatasetRecord[]> {
  const { path, encoding, onBytes } = { ...file, ...context };
  let header = file.header ?? false;
  for await (const rows of readRows({ path, encoding, onBytes }, file.format)) {
    const records: DatasetRecord[] = [];
    for (const row of header ? rows.slice(1) : rows) {
      const problem = rowProblem(row, file.columnCount);
      const record = problem === null ? toRecord(row) : badRow(path, row, problem);
      if (record !== null) records.push(record);
    }
    header = false;
    yield records;
  }
}

function ratingOf(row: Row, range: RatingRange, nowMs: number): EventRecord | { readonly reason: string } {
  const [userText, itemText, ratingText, timeText] = row.fields;
  const user = parseId(userText, 'user id');
  if ('reason' in user) return user;
  const item = parseId(itemText, 'item id');
  if ('reason' in item) return item;
  const rating = parseNumber(ratingText, 'rating');
  if ('reason' in rating) return rating;
  if (rating.value < range.min || rating.value > range.max)
    return { reason: `rating is not from ${range.min} to ${range.max}` };
  const time = parseTime(timeText, { nowMs, unit: 's' });
  if ('reason' in time) return time;
  return {
    kind: 'event',
    userId: userId(user.value),
    itemId: itemId(item.value),
    eventType: RATED,
    timeMs: time.value,
    value: rating.value,
    line: row.line,
  };
}

export interface RatingRange {
  readonly min: number;
  readonly max: number;
}

/** Events of a file with the columns user, item, rating, epoch seconds. */
export function readRatings(
  file: Omit<RowsOfFile, 'columnCount'> & { readonly range: RatingRange },
  context: ReadContext,
): AsyncGenerator<readonly DatasetRecord[]> {
  return recordsOfRows({ ...file, columnCount: 4 }, context, (row) => {
    // These files end with a line end: a last row without one may have lost digits of its time.
    if (row.unterminated) return badRow(file.path, row, 'the file ends in the middle of this row');
    const rating = ratingOf(row, file.range, context.nowMs);
    return 'reason' in rating ? badRow(file.path, row, rating.reason) : rating;
  });
}
