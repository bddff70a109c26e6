import type { DuckDBConnection } from '@duckdb/node-api';
import type { ReleaseVersion, ServedUsers } from '@winnow/domain';
import { sqlParts, sqlText } from './duckdb-session';
import { UNIQUE_SLATES_SQL } from './slate-rows';

export const NOBODY_SERVED: ServedUsers = {
  userIds: [],
  firstAtMs: new Float64Array(),
  slateCounts: new Float64Array(),
  degradedCounts: new Float64Array(),
  releaseCounts: new Float64Array(),
};

const SERVED_MS = 'epoch_ms(served_at::TIMESTAMP)';

/** Counts each user's slates since the release's first one; DuckDB does the counting, and spills what memory does not hold. */
export async function readServedUsers(
  connection: DuckDBConnection,
  options: {
    readonly paths: readonly string[];
    readonly release: ReleaseVersion;
    readonly fromMs: number;
    readonly settleMs: number;
    readonly except: readonly string[];
  },
): Promise<ServedUsers> {
  const parts = sqlParts(options.paths);
  const isRelease = `release = ${sqlText(options.release)}`;
  const ofExcepted = options.except.length
    ? `list_has_any([arm.experiment FOR arm IN arms], [${options.except.map(sqlText).join(', ')}])`
    : 'false';
  const result = await connection.runAndReadAll(
    `WITH began AS (
       SELECT min(${SERVED_MS}) + ${options.settleMs} AS ms FROM ${parts} WHERE ${isRelease} AND ${SERVED_MS} >= ${options.fromMs}),
     slates AS (
       SELECT slate_id, user_id, release, ${SERVED_MS} AS ms, len(degraded) > 0 AS is_degraded, ${ofExcepted} AS is_excepted, served_at
       FROM ${parts} WHERE ${SERVED_MS} >= (SELECT ms FROM began) ${UNIQUE_SLATES_SQL})
     SELECT user_id, min(ms)::DOUBLE, count(*)::DOUBLE, count(*) FILTER (is_degraded)::DOUBLE,
       count(*) FILTER (${isRelease})::DOUBLE
     FROM slates GROUP BY user_id HAVING NOT bool_or(is_excepted) ORDER BY user_id`,
  );
  const [userIds, ...counts] = result.getColumns() as [string[], number[], number[], number[], number[]];
  const [firstAtMs, slateCounts, degradedCounts, releaseCounts] = counts.map((column) =>
    Float64Array.from(column),
  );
  return { userIds, firstAtMs, slateCounts, degradedCounts, releaseCounts };
}
