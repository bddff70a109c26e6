import type { UserId } from '@winnow/domain';
import { pipelineResults, type RedisConnection } from './redis-connection';
import { EVENT_ID_WINDOW_MS } from './redis-online-state';
import { eventCodec, fieldOf } from './stream-entry';
import { streamGroups } from './stream-groups';
import type { StoreKeys } from './store-keys';

export interface UserErasureOptions {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  readonly nowMs: () => number;
}

const ENTRIES_PER_READ = 1_000;

/**
 * Erases a user's record, and the user's entries in the event stream, among the pending ones and in the dead letters.
 * An erasure mark, named by a hash of the id, makes late consumers and late appends drop what was received before.
 * O(entries in the streams); redoing it is harmless.
 */
export async function eraseUser({
  connection,
  keys,
  nowMs,
  userId,
}: UserErasureOptions & { readonly userId: UserId }): Promise<
  readonly { readonly store: string; readonly count: number }[]
> {
  const [, records, exposures] = await connection.run(async (client) =>
    pipelineResults(
      await client
        .multi()
        .set(keys.erasedUser(userId), nowMs(), 'PX', EVENT_ID_WINDOW_MS)
        .del(keys.user(userId))
        .del(keys.exposures(userId))
        .exec(),
    ),
  );
  const events = await entriesOfUser({ connection, stream: keys.events, userField: 'u', userId });
  const pendingCount = await deleteEntries({ connection, keys, entries: events });
  const deletedFrom = async (stream: string, userField: string): Promise<number> => {
    const ids = (await entriesOfUser({ connection, stream, userField, userId })).map(([id]) => id);
    for (let start = 0; start < ids.length; start += ENTRIES_PER_READ)
      await connection.run((client) => client.xdel(stream, ...ids.slice(start, start + ENTRIES_PER_READ)));
    return ids.length;
  };
  return [
    { store: 'online-state', count: Number(records) },
    { store: 'slate-stream', count: await deletedFrom(keys.slates, 'u') },
    { store: 'exposures', count: Number(exposures) },
    { store: 'event-stream', count: events.length },
    { store: 'event-stream-pending', count: pendingCount },
    { store: 'catalog-stream', count: await deletedFrom(keys.catalog, 'u') },
    { store: 'dead-letters', count: await deletedFrom(keys.deadLetters, 'entry:u') },
  ];
}

type StreamEntry = [id: string, fields: string[]];

async function entriesOfUser(options: {
  readonly connection: RedisConnection;
  readonly stream: string;
  readonly userField: string;
  readonly userId: UserId;
}): Promise<StreamEntry[]> {
  const { connection, stream, userField, userId } = options;
  const [newest] = await connection.run((client) => client.xrevrange(stream, '+', '-', 'COUNT', 1));
  const found: StreamEntry[] = [];
  let from = '-';
  while (newest) {
    const page = await connection.run((client) =>
      client.xrange(stream, from, newest[0], 'COUNT', ENTRIES_PER_READ),
    );
    for (const entry of page) if (fieldOf(entry[1], userField) === userId) found.push(entry);
    if (page.length < ENTRIES_PER_READ) break;
    from = `(${page[page.length - 1][0]}`;
  }
  return found;
}

/** Returns how many of the entries had been delivered and not acknowledged. */
async function deleteEntries(options: {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  readonly entries: readonly StreamEntry[];
}): Promise<number> {
  const { connection, keys, entries } = options;
  const groups = await streamGroups(connection, keys.events);
  let pendingCount = 0;
  for (let start = 0; start < entries.length; start += ENTRIES_PER_READ) {
    const page = entries.slice(start, start + ENTRIES_PER_READ);
    const ids = page.map(([id]) => id);
    const acknowledged = await connection.run(async (client) => {
      const transaction = client.multi();
      for (const { name } of groups) transaction.xack(keys.events, name, ...ids);
      transaction.xdel(keys.events, ...ids);
      const markers = page.flatMap((entry) => markersOf(entry, keys));
      if (markers.length > 0) transaction.del(...markers);
      return pipelineResults(await transaction.exec()).slice(0, groups.length);
    });
    for (const count of acknowledged) pendingCount += Number(count);
  }
  return pendingCount;
}

/** None when the entry cannot be read: then no event id of it is known anywhere. */
function markersOf([id, fields]: StreamEntry, keys: StoreKeys): string[] {
  try {
    return [keys.eventMarker(eventCodec.decode(id, fields).eventId)];
  } catch {
    return [];
  }
}
