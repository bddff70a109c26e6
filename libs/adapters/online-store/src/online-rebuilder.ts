import {
  err,
  ok,
  stageError,
  type CatalogChange,
  type CatalogReader,
  type EventLogReader,
  type OnlineStateWriter,
  type Result,
  type StageError,
  type TrackedEvent,
} from '@winnow/domain';
import { restoreCatalogScript, restoreUsersScript } from './catalog.lua';
import { storedAttributes, storedItemRest } from './redis-catalog';
import { ONLINE_STORE_COMPONENT, StoreUnavailableError, type RedisConnection } from './redis-connection';
import { CONSUMER_GROUPS, type StoreKeys } from './store-keys';
import { catalogCodec, entryTimeMs, eventCodec, type EntryCodec } from './stream-entry';
import { ensureGroup, streamHead } from './stream-groups';

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
  /** Whether neither items nor users nor streamed events are there. */
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
  readonly catalog: CatalogReader;
  /** Changes younger than this go back into the catalogue stream, for tails that start from a release's cursor. */
  readonly catalogRetentionMs: number;
  readonly nowMs: () => number;
}

/** The mark of a running rebuild outlives its last sign of life by this. */
const LOCK_MS = 60_000;
const CHANGES_PER_SCRIPT = 1_000;
const ENTRIES_PER_READ = 1_000;
const KEYS_PER_SCAN = 1_000;

export class RedisOnlineRebuilder implements OnlineRebuilder {
  constructor(private readonly options: OnlineRebuilderOptions) {}

  async isEmpty(): Promise<boolean> {
    const { connection, keys } = this.options;
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
      const empty = await this.isEmpty();
      if (!empty && !options.force)
        return refuse('the online store is not empty; force the rebuild to replace what it holds');
      if (!(await this.lock())) return refuse('another rebuild is running');
      try {
        if (!empty) await this.dropDerived();
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

    const restorer = await CatalogRestorer.create(this.options);
    for await (const changes of log.streamCatalogChanges()) {
      await restorer.restore(changes);
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
    return { catalogChangeCount, eventCount, itemCount, conflictCount };
  }

  /** Changes that were acknowledged and not yet in the log when Redis was rebuilt by force. */
  private async restoreUnarchivedChanges(restorer: CatalogRestorer): Promise<number> {
    let conflictCount = 0;
    if (restorer.restoresStream) return conflictCount;
    const from = `${restorer.newestLoggedMs}-0`;
    for await (const changes of this.readStream(this.options.keys.catalog, catalogCodec, from))
      for (const change of changes) {
        if (change.kind === 'user-upserted') {
          await restorer.restore([change]);
          continue;
        }
        const { itemId, ordinal } = change.kind === 'item-upserted' ? change.item : change;
        const [known] = await this.options.catalog.resolve([itemId]);
        if (known === ordinal || ordinal > restorer.largestOrdinal) await restorer.restore([change]);
        else if (change.kind === 'item-upserted') conflictCount += 1;
      }
    return conflictCount;
  }

  /** Streamed events carry the ordinals of before; the catalogue of now decides. */
  private async withRestoredOrdinals(events: readonly TrackedEvent[]): Promise<TrackedEvent[]> {
    const ordinals = await this.options.catalog.resolve(events.map(({ itemId }) => itemId));
    return events.flatMap((event, index) => {
      const ordinal = ordinals[index];
      return ordinal === null ? [] : [{ ...event, ordinal }];
    });
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
      if (page.length > 0) yield page.map(([id, fields]) => codec.decode(id, fields));
      if (page.length < ENTRIES_PER_READ) return;
      start = `(${page[page.length - 1][0]}`;
    }
  }

  private async lock(): Promise<boolean> {
    const { connection, keys } = this.options;
    const taken = await connection.run((client) => client.set(keys.rebuilding, '1', 'PX', LOCK_MS, 'NX'));
    return taken === 'OK';
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

type UserChange = Extract<CatalogChange, { kind: 'user-upserted' }>;
type ItemChange = Exclude<CatalogChange, UserChange>;

/** Writes logged changes back, in order, and keeps count of what was seen. */
class CatalogRestorer {
  newestLoggedMs = 0;
  largestOrdinal = -1;
  private newestEntryMs: number;

  private constructor(
    private readonly options: OnlineRebuilderOptions,
    /** Only an empty stream gets its changes back: in any other they still are. */
    readonly restoresStream: boolean,
    headMs: number,
  ) {
    this.newestEntryMs = headMs;
  }

  static async create(options: OnlineRebuilderOptions): Promise<CatalogRestorer> {
    const { connection, keys } = options;
    await ensureGroup(connection, keys.catalog, CONSUMER_GROUPS.archive);
    const length = await connection.run((client) => client.xlen(keys.catalog));
    const head = await streamHead(connection, keys.catalog);
    return new CatalogRestorer(options, length === 0, head === '0' ? 0 : entryTimeMs(head));
  }

  async restore(changes: readonly CatalogChange[]): Promise<void> {
    for (let start = 0; start < changes.length; start += CHANGES_PER_SCRIPT) {
      const items: ItemChange[] = [];
      const users: UserChange[] = [];
      for (const change of changes.slice(start, start + CHANGES_PER_SCRIPT)) {
        this.newestLoggedMs = Math.max(this.newestLoggedMs, change.changedAtMs);
        if (change.kind === 'user-upserted') users.push(change);
        else items.push(change);
      }
      await this.restoreItems(items);
      await this.restoreUsers(users);
    }
  }

  private async restoreItems(changes: readonly ItemChange[]): Promise<void> {
    if (changes.length === 0) return;
    const { connection, keys } = this.options;
    const args = changes.flatMap((change) => this.itemArgs(change));
    await connection.run((client) =>
      restoreCatalogScript.run(client, {
        keys: [keys.ordinals, keys.items, keys.nextOrdinal, keys.catalog],
        args: [CONSUMER_GROUPS.archive, ...args],
      }),
    );
  }

  private async restoreUsers(changes: readonly UserChange[]): Promise<void> {
    if (changes.length === 0) return;
    const { connection, keys } = this.options;
    await connection.run((client) =>
      restoreUsersScript.run(client, {
        keys: changes.flatMap(({ userId }) => [keys.user(userId), keys.erasedUser(userId)]),
        args: changes.flatMap(({ attributes, changedAtMs }) => [storedAttributes(attributes), changedAtMs]),
      }),
    );
  }

  private itemArgs(change: ItemChange): (string | number)[] {
    const { itemId, ordinal } = change.kind === 'item-upserted' ? change.item : change;
    this.largestOrdinal = Math.max(this.largestOrdinal, ordinal);
    const item = change.kind === 'item-upserted' ? storedItem(change.item) : '';
    const recent =
      this.restoresStream &&
      change.changedAtMs > this.options.nowMs() - this.options.catalogRetentionMs &&
      change.changedAtMs >= this.newestEntryMs;
    if (!recent) return [itemId, ordinal, item, '', 0];
    this.newestEntryMs = Math.trunc(change.changedAtMs);
    const entry =
      change.kind === 'item-upserted'
        ? `{"upserted":${item}}`
        : JSON.stringify({ deleted: { ordinal, itemId } });
    return [itemId, ordinal, item, entry, this.newestEntryMs];
  }
}

const storedItem = (item: Extract<CatalogChange, { kind: 'item-upserted' }>['item']): string =>
  `{"ordinal":${item.ordinal},"firstSeenAtMs":${Math.trunc(item.firstSeenAtMs)},${storedItemRest(item)}`;
