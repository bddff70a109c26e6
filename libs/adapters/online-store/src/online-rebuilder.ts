import {
  err,
  ok,
  ordinal,
  stageError,
  type EventLogReader,
  type ItemId,
  type OnlineStateWriter,
  type Ordinal,
  type Result,
  type StageError,
  type TrackedEvent,
} from '@winnow/domain';
import { CatalogRestorer } from './catalog-restorer';
import { ONLINE_STORE_COMPONENT, StoreUnavailableError, type RedisConnection } from './redis-connection';
import type { StoreKeys } from './store-keys';
import { catalogCodec, eventCodec, firstIdOf, type EntryCodec } from './stream-entry';

export interface RebuildProgress {
  readonly catalogChangeCount: number;
  readonly eventCount: number;
}

export interface RebuildSummary extends RebuildProgress {
  /** Items in the catalogue afterwards. */
  readonly itemCount: number;
  /** Changes in the stream that the log does not have and whose ordinal it gave to another item: upsert those again. */
  readonly conflictCount: number;
}

export interface RebuildOptions {
  readonly log: Pick<EventLogReader, 'streamEvents' | 'streamCatalogChanges'>;
  /** Rebuilds a store that holds something: what the log can restore is dropped first, the streams stay. */
  readonly force?: boolean;
  readonly onProgress?: (progress: RebuildProgress) => void;
}

/** Restores the online store from the event log, which is the truth. */
export interface OnlineRebuilder {
  /** Whether neither items nor users nor streamed events are there, or only what an unfinished rebuild left. */
  isEmpty(): Promise<boolean>;
  /**
   * Ordinals come back as they were logged, the next one above all of them. Redoing it changes nothing.
   * A `client` error when the store is not empty and `force` is not set, or another rebuild runs.
   */
  rebuild(options: RebuildOptions): Promise<Result<RebuildSummary, StageError>>;
}

export interface OnlineRebuilderOptions {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  readonly stateWriter: OnlineStateWriter;
  /** Changes younger than this go back into the catalogue stream, for tails that start from a release's cursor. */
  readonly catalogRetentionMs: number;
  readonly nowMs: () => number;
}

/** The mark of a running rebuild outlives its last sign of life by this. */
const LOCK_MS = 60_000;
const ENTRIES_PER_READ = 1_000;
const KEYS_PER_SCAN = 1_000;

export class RedisOnlineRebuilder implements OnlineRebuilder {
  constructor(private readonly options: OnlineRebuilderOptions) {}

  async isEmpty(): Promise<boolean> {
    const { connection, keys } = this.options;
    if (await connection.run((client) => client.exists(keys.unfinishedRebuild))) return true;
    const held = await connection.run(async (client) => [
      await client.exists(keys.nextOrdinal, keys.items, keys.ordinals),
      await client.xlen(keys.events),
      await client.xlen(keys.catalog),
    ]);
    if (held.some((count) => count > 0)) return false;
    for await (const found of this.scan(keys.userPrefix)) if (found.length > 0) return false;
    return true;
  }

  async rebuild(options: RebuildOptions): Promise<Result<RebuildSummary, StageError>> {
    const refuse = (reason: string): Result<never, StageError> =>
      err(stageError('client', ONLINE_STORE_COMPONENT, reason));
    try {
      if (!(await this.lock())) return refuse('another rebuild is running');
      try {
        if (!options.force && !(await this.isEmpty()))
          return refuse('the online store is not empty; force the rebuild to replace what it holds');
        return ok(await this.restore(options));
      } finally {
        await this.options.connection.run((client) => client.del(this.options.keys.rebuilding));
      }
    } catch (thrown) {
      if (thrown instanceof StoreUnavailableError) return err(thrown.stageError);
      throw thrown;
    }
  }

  private async restore({ log, onProgress }: RebuildOptions): Promise<RebuildSummary> {
    const { connection, keys } = this.options;
    let catalogChangeCount = 0;
    let eventCount = 0;
    const advance = async (): Promise<void> => {
      onProgress?.({ catalogChangeCount, eventCount });
      await connection.run((client) => client.pexpire(keys.rebuilding, LOCK_MS));
    };

    const restoresStream = await this.beginAnew();
    const restorer = await CatalogRestorer.create({ ...this.options, restoresStream });
    for await (const changes of log.streamCatalogChanges()) {
      await restorer.restoreLogged(changes);
      catalogChangeCount += changes.length;
      await advance();
    }
    const conflictCount = await this.restoreUnarchivedChanges(restorer);

    for await (const events of log.streamEvents()) {
      eventCount += await this.options.stateWriter.apply(events);
      await advance();
    }
    for await (const events of this.readStream(keys.events, eventCodec)) {
      eventCount += await this.options.stateWriter.apply(await this.withRestoredOrdinals(events));
      await advance();
    }
    const itemCount = await connection.run((client) => client.hlen(keys.items));
    await connection.run((client) => client.del(keys.unfinishedRebuild));
    return { catalogChangeCount, eventCount, itemCount, conflictCount };
  }

  /** Changes that were acknowledged and not yet in the log when Redis was rebuilt by force. */
  private async restoreUnarchivedChanges(restorer: CatalogRestorer): Promise<number> {
    let conflictCount = 0;
    if (restorer.restoresStream) return conflictCount;
    const from = `${restorer.newestLoggedMs}-0`;
    for await (const changes of this.readStream(this.options.keys.catalog, catalogCodec, from))
      for (const change of changes) {
        if (restorer.takeLogged(change)) continue;
        if (change.kind === 'user-upserted') {
          await restorer.restore([change]);
          continue;
        }
        const { itemId, ordinal } = change.kind === 'item-upserted' ? change.item : change;
        const [known] = await this.resolve([itemId]);
        if (known === ordinal || ordinal > restorer.largestOrdinal) await restorer.restore([change]);
        else if (change.kind === 'item-upserted') conflictCount += 1;
      }
    return conflictCount;
  }

  /** Streamed events carry the ordinals of before; the catalogue of now decides. */
  private async withRestoredOrdinals(events: readonly TrackedEvent[]): Promise<TrackedEvent[]> {
    const ordinals = await this.resolve(events.map(({ itemId }) => itemId));
    return events.flatMap((event, index) => {
      const known = ordinals[index];
      return known === null ? [] : [{ ...event, ordinal: known }];
    });
  }

  /** The catalogue itself does not answer while it is being rebuilt. */
  private async resolve(itemIds: readonly ItemId[]): Promise<(Ordinal | null)[]> {
    const { connection, keys } = this.options;
    const found = await connection.run((client) => client.hmget(keys.ordinals, ...itemIds));
    return found.map((text) => (text === null ? null : ordinal(Number(text))));
  }

  private async *readStream<Entry>(
    stream: string,
    codec: EntryCodec<Entry>,
    from = '-',
  ): AsyncIterable<readonly Entry[]> {
    let start = from;
    for (;;) {
      const page = await this.options.connection.run((client) =>
        client.xrange(stream, start, '+', 'COUNT', ENTRIES_PER_READ),
      );
      if (page.length > 0) yield page.map(([id, fields]) => codec.decode(firstIdOf(id, fields), fields));
      if (page.length < ENTRIES_PER_READ) return;
      start = `(${page[page.length - 1][0]}`;
    }
  }

  private async lock(): Promise<boolean> {
    const { connection, keys } = this.options;
    const taken = await connection.run((client) => client.set(keys.rebuilding, '1', 'PX', LOCK_MS, 'NX'));
    return taken === 'OK';
  }

  /**
   * Marks the store as half restored and drops what the log will give back. Returns whether the catalogue's stream has
   * been lost, too; a rebuild that takes over from one that died goes by what that one found.
   */
  private async beginAnew(): Promise<boolean> {
    const { connection, keys } = this.options;
    const streamLost = (await connection.run((client) => client.xlen(keys.catalog))) === 0;
    await connection.run((client) => client.set(keys.unfinishedRebuild, streamLost ? '1' : '0', 'NX'));
    const mark = await connection.run((client) => client.get(keys.unfinishedRebuild));
    await this.dropDerived();
    return mark === '1';
  }

  private async dropDerived(): Promise<void> {
    const { connection, keys } = this.options;
    await connection.run((client) => client.unlink(keys.ordinals, keys.items, keys.nextOrdinal));
    for (const prefix of [keys.userPrefix, keys.dailyPositivesPrefix, keys.eventMarkerPrefix])
      for await (const found of this.scan(prefix))
        if (found.length > 0) await connection.run((client) => client.unlink(...found));
  }

  private async *scan(prefix: string): AsyncIterable<readonly string[]> {
    let cursor = '0';
    do {
      const [next, found] = await this.options.connection.run((client) =>
        client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', KEYS_PER_SCAN),
      );
      cursor = next;
      yield found;
    } while (cursor !== '0');
  }
}
