import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import { eventId, itemId, ordinal, slateId, surfaceName, userId, type TrackedEvent } from '@winnow/domain';
import { sqlParts } from './duckdb-session';
import { EVENT_TIME_MAX_MS, EVENT_TIME_MIN_MS, hasEventCursors } from './part-folder';

/** The table that `appendEvent` fills. Times are BIGINT: the appender has no cheap way to a timestamp. */
export const EVENT_BUFFER_SQL = `(
  event_id VARCHAR, user_id VARCHAR, item_id VARCHAR, ordinal UINTEGER, event_type VARCHAR, time BIGINT,
  received_at BIGINT, value DOUBLE, slate_id VARCHAR, position UINTEGER, session_id VARCHAR, surface VARCHAR,
  cursor VARCHAR)`;

/** Turns the buffer into the columns of an event part and its partition, `day`. */
export const EVENT_PART_SQL = `* REPLACE (
  make_timestamp_ms(time)::TIMESTAMP_MS AS time, make_timestamp_ms(received_at)::TIMESTAMP_MS AS received_at),
  strftime(make_timestamp_ms(time), '%Y-%m-%d') AS day`;

const COLUMNS = [
  'event_id',
  'user_id',
  'item_id',
  'ordinal',
  'event_type',
  'epoch_ms(time::TIMESTAMP)::DOUBLE',
  'epoch_ms(received_at::TIMESTAMP)::DOUBLE',
  'value',
  'slate_id',
  'position',
  'session_id',
  'surface',
  'cursor',
] as const;

/** What `eventsOfChunk` understands, in its order. */
export const EVENT_SELECT_SQL = COLUMNS.join(', ');

/** What a healthy event part must be able to answer, also one from before events had a cursor. */
export const EVENT_PROBE_SQL = COLUMNS.filter((column) => column !== 'cursor').join(', ');

/** Parquet's milliseconds are whole numbers. */
function wholeMs(timeMs: number, event: TrackedEvent): bigint {
  if (!(timeMs >= EVENT_TIME_MIN_MS && timeMs <= EVENT_TIME_MAX_MS))
    throw new RangeError(`event ${event.eventId}: ${timeMs} is no time between the years 1900 and 9999`);
  return BigInt(Math.round(timeMs));
}

const appendOptional = (appender: DuckDBAppender, text: string | undefined): void =>
  text === undefined ? appender.appendNull() : appender.appendVarchar(text);

/** Adds one row to the buffer. */
export function appendEvent(appender: DuckDBAppender, event: TrackedEvent): void {
  appender.appendVarchar(event.eventId);
  appender.appendVarchar(event.userId);
  appender.appendVarchar(event.itemId);
  appender.appendUInteger(event.ordinal);
  appender.appendVarchar(event.eventType);
  appender.appendBigInt(wholeMs(event.timeMs, event));
  appender.appendBigInt(wholeMs(event.receivedAtMs, event));
  appender.appendDouble(event.value);
  appendOptional(appender, event.slateId);
  if (event.position === undefined) appender.appendNull();
  else appender.appendUInteger(event.position);
  appendOptional(appender, event.sessionId);
  appendOptional(appender, event.surface);
  appendOptional(appender, event.cursor);
  appender.endRow();
}

/** The rows of event parts, those from before events had a cursor with none. Parts of one version agree strictly. */
export function eventSource(paths: readonly string[]): string {
  const withCursor = paths.filter(hasEventCursors);
  const without = paths.filter((path) => !hasEventCursors(path));
  const sources = [
    ...(withCursor.length > 0 ? [`SELECT * FROM ${sqlParts(withCursor)}`] : []),
    ...(without.length > 0 ? [`SELECT *, NULL::VARCHAR AS cursor FROM ${sqlParts(without)}`] : []),
  ];
  return `(${sources.join(' UNION ALL BY NAME ')})`;
}

/** The events of a chunk of `EVENT_SELECT_SQL`. */
export function eventsOfChunk(chunk: DuckDBDataChunk): TrackedEvent[] {
  const [
    ids,
    users,
    items,
    ordinals,
    types,
    times,
    receivedAt,
    values,
    slates,
    positions,
    sessions,
    surfaces,
    cursors,
  ] = chunk.getColumns() as [
    string[],
    string[],
    string[],
    number[],
    string[],
    number[],
    number[],
    number[],
    ...unknown[][],
  ];
  return ids.map((id, row) => ({
    eventId: eventId(id),
    userId: userId(users[row]),
    itemId: itemId(items[row]),
    ordinal: ordinal(ordinals[row]),
    eventType: types[row],
    timeMs: times[row],
    receivedAtMs: receivedAt[row],
    value: values[row],
    ...(slates[row] !== null && { slateId: slateId(slates[row] as string) }),
    ...(positions[row] !== null && { position: positions[row] as number }),
    ...(sessions[row] !== null && { sessionId: sessions[row] as string }),
    ...(surfaces[row] !== null && { surface: surfaceName(surfaces[row] as string) }),
    ...(cursors[row] !== null && { cursor: cursors[row] as string }),
  }));
}
