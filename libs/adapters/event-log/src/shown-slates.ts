import type { DuckDBConnection } from '@duckdb/node-api';
import { IMPRESSION, SHOWN_POSITION_UNKNOWN } from '@winnow/domain';
import type { ShownSlateReader, ShownSlates } from '@winnow/domain';
import { chunksOf, queryNumber, sqlParts, sqlText } from './duckdb-session';
import { numbersOf, sqlOfWindow } from './event-frame';
import { eventSource } from './event-rows';

export type ShownWindow = Parameters<ShownSlateReader['readShownSlates']>[0];

export interface ShownParts {
  readonly events: readonly string[];
  readonly slates: readonly string[];
}

/** Impressions of a user without a slate id that are closer than this were of one visit. */
const VISIT_GAP_MS = 1_800_000;

/** Every row is one sign that an item belongs to a slate: `shown` by an impression, or `taken_at` by an event. */
const SIGNS = '(user_id, slate, ordinal, position, seen_at, shown, taken_at)';

/** Impressions, each in its slate or in its visit. */
const IMPRESSION_SIGNS_SQL = `
  SELECT user_id, coalesce('s' || slate_id, 'v' || visit), ordinal, position, time_ms, true, NULL::DOUBLE FROM (
    SELECT *, sum(CASE WHEN time_ms - before < ${VISIT_GAP_MS} THEN 0 ELSE 1 END)
      OVER (PARTITION BY user_id, slate_id IS NULL ORDER BY time_ms ROWS UNBOUNDED PRECEDING) AS visit
    FROM (SELECT *, lag(time_ms) OVER (PARTITION BY user_id, slate_id IS NULL ORDER BY time_ms) AS before
          FROM tracked WHERE event_type = ${sqlText(IMPRESSION)}))`;

/** Served items, where no client tracks impressions. */
const servedSignsSql = `
  SELECT user_id, 's' || slate_id, item.ordinal, item.position, served_at, true, NULL::DOUBLE
  FROM (SELECT user_id, slate_id, served_at, unnest(items) AS item FROM served)`;

/** Events that say which slate they are of. */
const TAKEN_SIGNS_SQL = `
  SELECT user_id, 's' || slate_id, ordinal, position, time_ms, false, time_ms
  FROM tracked WHERE event_type <> ${sqlText(IMPRESSION)} AND slate_id IS NOT NULL`;

/** Events that do not: of the newest slate that showed the item before. */
const TAKEN_WITHOUT_SLATE_SQL = `
  SELECT taken.user_id, signs.slate, taken.ordinal, NULL, taken.time_ms, false, taken.time_ms
  FROM (SELECT * FROM tracked WHERE event_type <> ${sqlText(IMPRESSION)} AND slate_id IS NULL) AS taken
  ASOF JOIN (SELECT * FROM signs WHERE shown) AS signs
    ON taken.user_id = signs.user_id AND taken.ordinal = signs.ordinal AND taken.time_ms >= signs.seen_at
  WHERE taken.time_ms - signs.seen_at < ${VISIT_GAP_MS}`;

/**
 * Joins what was shown with what was taken. Repeated deliveries change nothing: every column is a least, a greatest or an
 * any. O(n log n) in DuckDB, which spills what does not fit.
 */
export async function readShown(
  connection: DuckDBConnection,
  parts: ShownParts,
  window: ShownWindow,
): Promise<ShownSlates> {
  await gather(connection, parts, window);
  const impressionCount = await queryNumber(
    connection,
    `SELECT count(*) FROM tracked WHERE event_type = ${sqlText(IMPRESSION)}`,
  );
  const tracksImpressions = impressionCount > 0;
  await connection.run(
    `CREATE TEMP TABLE signs AS SELECT * FROM (${tracksImpressions ? IMPRESSION_SIGNS_SQL : servedSignsSql}) AS rows${SIGNS}
     UNION ALL SELECT * FROM (${TAKEN_SIGNS_SQL})`,
  );
  await connection.run(`INSERT INTO signs ${TAKEN_WITHOUT_SLATE_SQL}`);
  await connection.run(shownItemsSql(window, tracksImpressions));
  return columnsOf(connection);
}

/** Fills `tracked`: impressions and what was taken, and `served`: the slates of the window. */
async function gather(
  connection: DuckDBConnection,
  { events, slates }: ShownParts,
  { takenBy, fromMs, toMs, upTo }: ShownWindow,
): Promise<void> {
  const where = sqlOfWindow({ eventTypes: [...takenBy, IMPRESSION], fromMs, toMs, upTo });
  const columns =
    'user_id, slate_id, ordinal, position, event_type, epoch_ms(time::TIMESTAMP)::DOUBLE AS time_ms';
  await connection.run(
    events.length === 0
      ? `CREATE TEMP TABLE tracked (user_id VARCHAR, slate_id VARCHAR, ordinal UINTEGER, position UINTEGER, event_type VARCHAR, time_ms DOUBLE)`
      : `CREATE TEMP TABLE tracked AS SELECT ${columns} FROM ${eventSource(events)} WHERE ${where}`,
  );
  await connection.run(
    slates.length === 0
      ? `CREATE TEMP TABLE served (user_id VARCHAR, slate_id VARCHAR, served_at DOUBLE, items STRUCT(ordinal UINTEGER, position UINTEGER)[])`
      : `CREATE TEMP TABLE served AS
         SELECT user_id, slate_id, epoch_ms(served_at::TIMESTAMP)::DOUBLE AS served_at,
           [{ ordinal: item.ordinal, position: item.position } FOR item IN items] AS items
         FROM ${sqlParts(slates)} WHERE epoch_ms(served_at::TIMESTAMP) >= ${fromMs}
           ${toMs === undefined ? '' : `AND epoch_ms(served_at::TIMESTAMP) < ${toMs}`}`,
  );
}

/** Fills `shown_items`, a row an item, and `shown_users`. Without impressions, items below the last one taken go. */
function shownItemsSql({ allFromMs }: ShownWindow, tracksImpressions: boolean): string {
  const reached = tracksImpressions ? '' : 'WHERE position <= reached';
  return `
    CREATE TEMP TABLE shown_items AS
    WITH items AS (
      SELECT user_id, slate, ordinal, min(position) AS position, min(seen_at) AS seen_at,
        bool_or(shown) AS shown, max(taken_at) AS taken_at
      FROM signs GROUP BY user_id, slate, ordinal),
    slates AS (
      SELECT *, bool_or(shown) OVER own AS known, max(taken_at) OVER own AS newest_taken_at,
        min(seen_at) OVER own AS first_seen_at,
        max(CASE WHEN taken_at IS NOT NULL THEN position END) OVER own AS reached
      FROM items WINDOW own AS (PARTITION BY user_id, slate)),
    times AS (SELECT 's' || slate_id AS slate, min(served_at) AS served_at FROM served GROUP BY slate_id)
    SELECT user_id, slate, ordinal, position, seen_at, taken_at, served_at FROM (
      SELECT slates.*, least(first_seen_at, coalesce(times.served_at, first_seen_at)) AS served_at
      FROM slates LEFT JOIN times USING (slate)
      WHERE known AND (newest_taken_at IS NOT NULL OR first_seen_at >= '${allFromMs}'::DOUBLE))
    ${reached};
    CREATE TEMP TABLE shown_users AS
    SELECT user_id, (row_number() OVER (ORDER BY user_id) - 1)::UINTEGER AS user_index
    FROM (SELECT DISTINCT user_id FROM shown_items)`;
}

async function columnsOf(connection: DuckDBConnection): Promise<ShownSlates> {
  const itemCount = await queryNumber(connection, 'SELECT count(*) FROM shown_items');
  const count = await queryNumber(
    connection,
    'SELECT count(*) FROM (SELECT DISTINCT user_id, slate FROM shown_items)',
  );
  const slates = {
    users: new Uint32Array(count),
    servedAtMs: new Float64Array(count),
    offsets: new Uint32Array(count + 1),
  };
  const items = {
    ordinals: new Uint32Array(itemCount),
    positions: new Uint8Array(itemCount),
    takenAtMs: new Float64Array(itemCount),
  };
  const rows = await connection.stream(
    `SELECT (dense_rank() OVER (ORDER BY served_at, user_id, slate) - 1)::UINTEGER AS slate_index, user_index,
       served_at, ordinal, CASE WHEN position IS NULL THEN ${SHOWN_POSITION_UNKNOWN} ELSE least(position, ${SHOWN_POSITION_UNKNOWN - 1}) END::UTINYINT AS position,
       coalesce(taken_at, 'nan'::DOUBLE)
     FROM shown_items JOIN shown_users USING (user_id) ORDER BY slate_index, position, seen_at, ordinal`,
  );
  let row = 0;
  for await (const chunk of chunksOf(rows)) {
    const indexes = numbersOf(chunk, 0);
    const [users, servedAtMs] = [numbersOf(chunk, 1), numbersOf(chunk, 2)];
    for (let at = 0; at < chunk.rowCount; at += 1) {
      slates.users[indexes[at]] = users[at];
      slates.servedAtMs[indexes[at]] = servedAtMs[at];
      slates.offsets[indexes[at] + 1] = row + at + 1;
    }
    items.ordinals.set(numbersOf(chunk, 3), row);
    items.positions.set(numbersOf(chunk, 4), row);
    items.takenAtMs.set(numbersOf(chunk, 5), row);
    row += chunk.rowCount;
  }
  const ids = await connection.runAndReadAll('SELECT user_id FROM shown_users ORDER BY user_index');
  return { count, ...slates, ...items, userIds: ids.getRows().map(([id]) => id as string) };
}
