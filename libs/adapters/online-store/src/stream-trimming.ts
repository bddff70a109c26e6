import { compareCursors } from '@winnow/domain';
import type { RedisConnection } from './redis-connection';
import { streamGroups } from './stream-groups';

export interface TrimOptions {
  readonly connection: RedisConnection;
  readonly stream: string;
  /** Nothing is dropped before each of these exists and has acknowledged it. Other groups count where they exist. */
  readonly requiredGroups: readonly string[];
  /** Entries younger than this stay, for tails that start from a release's cursor. */
  readonly retentionMs: number;
  readonly nowMs: number;
}

/**
 * Drops entries that are older than the retention and that every group has acknowledged. Returns how many went.
 * Redis trims in whole nodes, so some more may stay.
 */
export async function trimStream(options: TrimOptions): Promise<number> {
  const { connection, stream, requiredGroups, retentionMs, nowMs } = options;
  const groups = await streamGroups(connection, stream);
  if (!requiredGroups.every((required) => groups.some(({ name }) => name === required))) return 0;
  const needed = [`${Math.max(0, Math.floor(nowMs - retentionMs))}-0`];
  for (const { name, lastDeliveredId, pendingCount } of groups)
    needed.push(pendingCount > 0 ? await oldestPending(connection, stream, name) : lastDeliveredId);
  const oldestKept = needed.sort(compareCursors)[0];
  return connection.run((client) => client.xtrim(stream, 'MINID', '~', oldestKept));
}

/** `0` when it was acknowledged in between: then nothing is trimmed this time. */
async function oldestPending(connection: RedisConnection, stream: string, group: string): Promise<string> {
  const [, oldest] = (await connection.run((client) => client.xpending(stream, group))) as [
    count: number,
    oldest: string | null,
  ];
  return oldest ?? '0';
}
