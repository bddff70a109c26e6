import type { DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import type { ServedSlate, TracedSlate } from '@winnow/domain';
import { sqlText } from './duckdb-session';
import { SCHEMA_VERSIONS } from './schema-version';
import { slateToRow, slateFromRow, type SlateRow } from './slate-row-json';

const EXPLORATION = {
  policy: 'VARCHAR',
  propensity: 'DOUBLE',
  ordinals: ['UINTEGER'],
  scores: ['DOUBLE'],
  propensities: ['DOUBLE'],
};
const ITEM = {
  ordinal: 'UINTEGER',
  position: 'UINTEGER',
  score: 'DOUBLE',
  sources: ['VARCHAR'],
  exploration: EXPLORATION,
};
const CANDIDATE = {
  ordinal: 'UINTEGER',
  provenance: [{ source: 'VARCHAR', rank: 'UINTEGER', score: 'FLOAT' }],
  light_score: 'FLOAT',
  heavy_score: 'FLOAT',
  head_values: ['FLOAT'],
  features: ['FLOAT'],
};
const INTERACTION = { ordinal: 'UINTEGER', event_type: 'UTINYINT', time: 'BIGINT', value: 'FLOAT' };
const TRACE = {
  query: {
    interactions: [INTERACTION],
    seed_ordinals: ['UINTEGER'],
    context: 'VARCHAR',
    has_query_vector: 'BOOLEAN',
  },
  as_of: { user_state: 'VARCHAR', events: 'VARCHAR', catalog: 'VARCHAR' },
  removed: [{ filter: 'VARCHAR', count: 'UINTEGER' }],
  heads: ['VARCHAR'],
  feature_names: ['VARCHAR'],
  candidates: [CANDIDATE],
};
const SLATE = {
  slate_id: 'VARCHAR',
  user_id: 'VARCHAR',
  session_id: 'VARCHAR',
  surface: 'VARCHAR',
  release: 'VARCHAR',
  served_at: 'BIGINT',
  degraded: ['VARCHAR'],
  arms: [{ experiment: 'VARCHAR', arm: 'VARCHAR' }],
  items: [ITEM],
  trace: TRACE,
};

const COLUMNS = Object.keys(SLATE);

/** The table that `appendSlate` fills: nested values travel as JSON, which DuckDB takes apart much faster than an appender. */
export const SLATE_BUFFER_SQL = '(slate VARCHAR)';

/** Turns the buffer into the columns of a slate part and its partition, `day`; ordered by time of serving. */
export const SLATE_PART_SQL = `
  SELECT ${SCHEMA_VERSIONS.slates}::UTINYINT AS schema_version, served.* REPLACE (
    make_timestamp_ms(served.served_at)::TIMESTAMP_MS AS served_at),
    served.trace IS NOT NULL AS traced,
    strftime(make_timestamp_ms(served.served_at), '%Y-%m-%d') AS day
  FROM (SELECT unnest(from_json(slate, ${sqlText(JSON.stringify(SLATE))})) FROM buffer) AS served
  ORDER BY day, served_at, slate_id`;

/** Keeps the first delivery of every slate. */
export const UNIQUE_SLATES_SQL = 'QUALIFY row_number() OVER (PARTITION BY slate_id ORDER BY served_at) = 1';

/** What a healthy slate part must be able to answer. */
export const SLATE_PROBE_SQL = ['schema_version', 'traced', ...COLUMNS].join(', ');

const selectRow = (columns: readonly string[]): string =>
  `to_json({ ${columns
    .map((name) => `${name}: ${name === 'served_at' ? 'epoch_ms(served_at::TIMESTAMP)' : name}`)
    .join(', ')} })::VARCHAR AS slate`;

/** What `slatesOfChunk` understands: everything but the trace. */
export const SLATE_SELECT_SQL = selectRow(COLUMNS.filter((name) => name !== 'trace'));

/** What `tracedSlatesOfChunk` understands. */
export const TRACED_SLATE_SELECT_SQL = selectRow(COLUMNS);

/** Adds one row to the buffer. */
export function appendSlate(appender: DuckDBAppender, slate: ServedSlate): void {
  appender.appendVarchar(JSON.stringify(slateToRow(slate)));
  appender.endRow();
}

const rowsOf = (chunk: DuckDBDataChunk): SlateRow[] =>
  (chunk.getColumnValues(0) as string[]).map((row) => JSON.parse(row) as SlateRow);

/** The slates of a chunk of `SLATE_SELECT_SQL`. */
export const slatesOfChunk = (chunk: DuckDBDataChunk): ServedSlate[] => rowsOf(chunk).map(slateFromRow);

/** The slates of a chunk of `TRACED_SLATE_SELECT_SQL`. */
export const tracedSlatesOfChunk = (chunk: DuckDBDataChunk): TracedSlate[] =>
  slatesOfChunk(chunk).flatMap((slate) => (slate.trace ? [{ ...slate, trace: slate.trace }] : []));
