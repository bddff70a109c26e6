import { reasonOf, type StreamCursor } from '@winnow/domain';
import type { RedisConnection, StoreTrouble } from './redis-connection';
import { replayedFor, type EntryCodec, type RawStreamEntry } from './stream-entry';

/** A blocked read returns this often, so that a dead socket is noticed. */
export const TAIL_BLOCK_MS = 5_000;
const ENTRIES_PER_READ = 1_000;
const RETRY_MS = 200;

export interface StreamTailOptions<Entry> {
  /** The tail's own: a blocking read would hold up everybody else's commands. */
  readonly connection: RedisConnection;
  readonly stream: string;
  readonly codec: EntryCodec<Entry>;
  readonly cursor: StreamCursor;
  readonly onEntries: (entries: readonly Entry[], cursor: StreamCursor) => void;
  readonly onTrouble: (trouble: StoreTrouble) => void;
}

/** Follows a stream from after a cursor until stopped, across reconnects and restarts of Redis. */
export function startStreamTail<Entry>(options: StreamTailOptions<Entry>): { stop(): Promise<void> } {
  const aborter = new AbortController();
  const done = follow(options, aborter.signal);
  return {
    stop: async () => {
      aborter.abort();
      options.connection.abort();
      await done;
    },
  };
}

async function follow<Entry>(options: StreamTailOptions<Entry>, signal: AbortSignal): Promise<void> {
  const { connection, stream } = options;
  let cursor = options.cursor;
  while (!signal.aborted) {
    let entries: RawStreamEntry[];
    try {
      if (!(await connection.waitReady(RETRY_MS, signal))) continue;
      const reply = await connection.run((client) =>
        client.xread('COUNT', ENTRIES_PER_READ, 'BLOCK', TAIL_BLOCK_MS, 'STREAMS', stream, cursor),
      );
      entries = (reply?.[0]?.[1] ?? []) as RawStreamEntry[];
    } catch (thrown) {
      if (signal.aborted) return;
      options.onTrouble({
        connection: connection.name,
        message: `reading failed: ${reasonOf(thrown)}`,
        cause: thrown,
      });
      await pause(RETRY_MS, signal);
      continue;
    }
    if (signal.aborted || entries.length === 0) continue;
    cursor = entries[entries.length - 1][0];
    const decoded = decodeEntries(entries, options);
    if (decoded.length > 0) deliver(decoded, cursor, options);
  }
}

/** What the callback throws is reported, and the tail goes on: live state a little wrong beats live state frozen. */
function deliver<Entry>(
  entries: readonly Entry[],
  cursor: StreamCursor,
  { connection, onEntries, onTrouble }: StreamTailOptions<Entry>,
): void {
  try {
    onEntries(entries, cursor);
  } catch (cause) {
    onTrouble({ connection: connection.name, message: `callback failed: ${reasonOf(cause)}`, cause });
  }
}

/** An entry that cannot be read is passed over, loudly: one bad writer must not blind every service. */
function decodeEntries<Entry>(
  entries: readonly RawStreamEntry[],
  options: StreamTailOptions<Entry>,
): Entry[] {
  const decoded: Entry[] = [];
  for (const [id, fields] of entries) {
    // A replay is for one group; every tail has had the entry when it came.
    if (!fields || replayedFor(fields) !== null) continue;
    try {
      decoded.push(options.codec.decode(id, fields));
    } catch (cause) {
      options.onTrouble({
        connection: options.connection.name,
        message: `entry ${id} skipped: ${reasonOf(cause)}`,
        cause,
      });
    }
  }
  return decoded;
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    if (signal.aborted) settle();
    else signal.addEventListener('abort', settle, { once: true });
  });
}
