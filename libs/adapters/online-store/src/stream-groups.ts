import { reasonOf } from '@winnow/domain';
import type { RedisConnection } from './redis-connection';

export interface StreamGroup {
  readonly name: string;
  readonly lastDeliveredId: string;
  readonly pendingCount: number;
  /**
   * Entries that no consumer of the group has been given yet, by Redis' count; null when it cannot tell. After a restart from
   * the append-only file Redis 7 may have lost count (it does not log how many were read), so a group that was given the
   * newest entry lags by none, whatever Redis says.
   */
  readonly lagCount: number | null;
}

/** The groups of a stream; none while the stream does not exist. */
export async function streamGroups(
  connection: RedisConnection,
  stream: string,
): Promise<readonly StreamGroup[]> {
  let replies: unknown[][];
  let head: string;
  try {
    replies = (await connection.run((client) => client.xinfo('GROUPS', stream))) as unknown[][];
    head = await streamHead(connection, stream);
  } catch (thrown) {
    if (/no such key/i.test(reasonOf(thrown))) return [];
    throw thrown;
  }
  return replies.map((fields) => {
    const named = (name: string): unknown => fields[fields.indexOf(name) + 1];
    const lastDeliveredId = String(named('last-delivered-id'));
    const counted = fields.includes('lag') && named('lag') !== null ? Number(named('lag')) : null;
    return {
      name: String(named('name')),
      lastDeliveredId,
      pendingCount: Number(named('pending')),
      lagCount: isAtOrAfter(lastDeliveredId, head) ? 0 : counted,
    };
  });
}

/** Of two entry ids, `<milliseconds>-<number>`. */
function isAtOrAfter(id: string, other: string): boolean {
  const [[time, number], [otherTime, otherNumber]] = [id, other].map((one) => one.split('-').map(Number));
  return time > otherTime || (time === otherTime && (number ?? 0) >= (otherNumber ?? 0));
}

/** Id of the oldest entry that a group has not acknowledged, delivered or not; null when there is none. */
export async function oldestUnacknowledged(
  connection: RedisConnection,
  stream: string,
  group: string,
): Promise<string | null> {
  const groups = await streamGroups(connection, stream);
  const found = groups.find(({ name }) => name === group);
  if (found && found.pendingCount > 0) {
    const [, oldest] = (await connection.run((client) => client.xpending(stream, group))) as [
      count: number,
      oldest: string | null,
    ];
    if (oldest !== null) return oldest;
  }
  // A group that does not exist yet will begin at the beginning.
  const after = found ? `(${found.lastDeliveredId}` : '-';
  const [next] = await connection.run((client) => client.xrange(stream, after, '+', 'COUNT', 1));
  return next?.[0] ?? null;
}

/** Makes the group, from the beginning of the stream, and the stream, if need be. */
export async function ensureGroup(connection: RedisConnection, stream: string, group: string): Promise<void> {
  try {
    await connection.run((client) => client.xgroup('CREATE', stream, group, '0', 'MKSTREAM'));
  } catch (thrown) {
    if (!reasonOf(thrown).startsWith('BUSYGROUP')) throw thrown;
  }
}

/** Id of the newest entry that is still there; `0` when there is none. */
export async function streamHead(connection: RedisConnection, stream: string): Promise<string> {
  // Not XINFO's last-generated-id: that entry may have been erased with its user, and nobody would ever reach it.
  const newest = await connection.run((client) => client.xrevrange(stream, '+', '-', 'COUNT', 1));
  return newest[0]?.[0] ?? '0';
}
