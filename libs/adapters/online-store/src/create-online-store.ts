import {
  systemClock,
  type CatalogChange,
  type CatalogFeed,
  type CatalogReader,
  type CatalogWriter,
  type Clock,
  type Description,
  type EventConsumer,
  type EventFeed,
  type EventStreamWriter,
  type OnlineStateReader,
  type Ordinal,
  type OnlineStateWriter,
  type ExposureReader,
  type ServedSlate,
  type ServedSlateWriter,
  type StreamCursor,
  type SwitchReader,
  type SwitchWriter,
  type TrackedEvent,
  type UserId,
} from '@winnow/domain';
import { DeadLetters } from './dead-letters';
import { GroupConsumer, type ConsumerOptions } from './group-consumer';
import { RedisOnlineRebuilder, type OnlineRebuilder } from './online-rebuilder';
import { RedisCatalog } from './redis-catalog';
import { RedisConnection, type StoreTrouble } from './redis-connection';
import { RedisEventStreamWriter } from './redis-event-stream';
import { RedisServedSlates } from './redis-served-slates';
import { slateCodec } from './slate-entry';
import { RedisSwitches } from './redis-switches';
import { RedisOnlineStateReader, RedisOnlineStateWriter } from './redis-online-state';
import { CONSUMER_GROUPS, storeKeys, type StoreKeys } from './store-keys';
import { catalogCodec, entryTimeMs, eventCodec, type EntryCodec } from './stream-entry';
import { oldestUnacknowledged, streamGroups, streamHead, type StreamGroup } from './stream-groups';
import { startStreamTail, TAIL_BLOCK_MS } from './stream-tail';
import { trimStream } from './stream-trimming';

export interface OnlineStoreOptions {
  /** `redis://[user:password@]host:port[/db]`. */
  readonly url: string;
  /** What the event types mean, and the namespace of every key. */
  readonly description: Pick<Description, 'namespace' | 'events'>;
  /** Instead of the description's; for tests. */
  readonly namespace?: string;
  /** A read of the request path fails with kind `timeout` after this. Default 50. */
  readonly readTimeoutMs?: number;
  /** A write, a batch or a look-up in the catalogue does after this. Default 2,000. */
  readonly writeTimeoutMs?: number;
  /** Acknowledged events stay in the stream for this long. Default 3 days. */
  readonly eventRetentionMs?: number;
  /** Catalogue changes do for this long: longer than the oldest release that a service may start from. Default 30 days. */
  readonly catalogRetentionMs?: number;
  /** Slates that may wait for the archive; more are refused. Default 50,000. */
  readonly slateStreamMax?: number;
  readonly clock?: Clock;
  /** Outages and recoveries, one call each, and entries that failed. Default: nothing. */
  readonly onTrouble?: (trouble: StoreTrouble) => void;
}

/** The consumer-group view of the catalogue stream; like EventConsumer. */
export interface CatalogConsumer {
  run(handle: (changes: readonly CatalogChange[]) => Promise<void>): { stop(): Promise<void> };
}

/** The consumer-group view of the stream of served slates; like EventConsumer. */
export interface SlateConsumer {
  run(handle: (slates: readonly ServedSlate[]) => Promise<void>): { stop(): Promise<void> };
}

/** Length of each stream and where its groups stand; for metrics. */
export interface StreamStatus {
  readonly stream: 'events' | 'catalog' | 'slates';
  readonly length: number;
  readonly groups: readonly StreamGroup[];
}

/** All ports of the online store over one Redis. */
export interface OnlineStore {
  readonly keys: StoreKeys;
  readonly state: OnlineStateReader;
  readonly stateWriter: OnlineStateWriter;
  readonly events: EventStreamWriter;
  readonly eventFeed: EventFeed;
  readonly catalog: CatalogReader & CatalogWriter;
  readonly catalogFeed: CatalogFeed;
  readonly servedSlates: ServedSlateWriter & ExposureReader;
  readonly switches: SwitchReader & SwitchWriter;
  readonly deadLetters: DeadLetters;
  readonly rebuilder: OnlineRebuilder;
  eventConsumer(options: ConsumerOptions): EventConsumer;
  catalogConsumer(options: ConsumerOptions): CatalogConsumer;
  slateConsumer(options: ConsumerOptions): SlateConsumer;
  /** Positive events of one UTC day by ordinal; days older than 30 are gone. */
  dailyPositives(dayMs: number): Promise<ReadonlyMap<Ordinal, number>>;
  /** Of these users, when each that was erased lately was: what was received before must not be kept. */
  erasedAtMs(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, number>>;
  /** How long the oldest event that the archive has not acknowledged has waited; 0 when there is none. */
  archiveLagMs(): Promise<number>;
  streamStatus(): Promise<readonly StreamStatus[]>;
  /** Drops what is older than the retention and consumed by every group; call it now and then. */
  trimStreams(): Promise<number>;
  /** Drops slates that the archive has; more often, for their stream is bounded. */
  trimSlates(): Promise<number>;
  /** Throws StoreUnavailableError when Redis does not answer a read in time. */
  ping(): Promise<void>;
  /** Stops tails and consumers, then closes the connections. */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const SILENCE_MAX_MS = 10_000;

/** Returns at once, connected or not: while Redis is away every call fails fast, and works when it is back. */
export function createOnlineStore(options: OnlineStoreOptions): OnlineStore {
  return new RedisOnlineStore(options);
}

type Stoppable = { stop(): Promise<void> };

class RedisOnlineStore implements OnlineStore {
  readonly keys: StoreKeys;
  readonly state: OnlineStateReader;
  readonly stateWriter: RedisOnlineStateWriter;
  readonly events: EventStreamWriter;
  readonly catalog: RedisCatalog;
  readonly servedSlates: RedisServedSlates;
  readonly switches: RedisSwitches;
  readonly deadLetters: DeadLetters;
  readonly rebuilder: OnlineRebuilder;
  readonly eventFeed: EventFeed;
  readonly catalogFeed: CatalogFeed;
  private readonly clock: Clock;
  private readonly reading: RedisConnection;
  private readonly writing: RedisConnection;
  private readonly running = new Set<Stoppable>();
  private readonly catalogRetentionMs: number;

  constructor(private readonly options: OnlineStoreOptions) {
    const { description } = options;
    const clock = options.clock ?? systemClock;
    const nowMs = (): number => clock.nowMs();
    this.clock = clock;
    this.catalogRetentionMs = options.catalogRetentionMs ?? 30 * DAY_MS;
    this.keys = storeKeys(options.namespace ?? description.namespace);
    this.reading = this.connect('read', options.readTimeoutMs ?? 50);
    this.writing = this.connect('write', options.writeTimeoutMs ?? 2_000);
    const { keys, writing: connection } = this;
    this.state = new RedisOnlineStateReader(this.reading, keys);
    this.stateWriter = new RedisOnlineStateWriter({ connection, keys, description, clock });
    this.events = new RedisEventStreamWriter(connection, keys);
    this.catalog = new RedisCatalog({ connection, keys, nowMs });
    this.servedSlates = new RedisServedSlates({ connection, keys, streamMax: options.slateStreamMax });
    this.switches = new RedisSwitches(connection, keys.switches);
    this.deadLetters = new DeadLetters(connection, keys.deadLetters);
    this.rebuilder = new RedisOnlineRebuilder({
      connection,
      keys,
      stateWriter: this.stateWriter,
      catalogRetentionMs: this.catalogRetentionMs,
      nowMs,
    });
    this.eventFeed = this.feed(keys.events, eventCodec);
    this.catalogFeed = this.feed(keys.catalog, catalogCodec);
  }

  eventConsumer(options: ConsumerOptions): EventConsumer {
    return this.consumer<TrackedEvent>(this.keys.events, eventCodec, options);
  }

  catalogConsumer(options: ConsumerOptions): CatalogConsumer {
    return this.consumer<CatalogChange>(this.keys.catalog, catalogCodec, options);
  }

  slateConsumer(options: ConsumerOptions): SlateConsumer {
    return this.consumer<ServedSlate>(this.keys.slates, slateCodec, options);
  }

  dailyPositives(dayMs: number): Promise<ReadonlyMap<Ordinal, number>> {
    return this.stateWriter.dailyPositives(dayMs);
  }

  async erasedAtMs(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, number>> {
    if (userIds.length === 0) return new Map();
    const marks = await this.writing.run((client) =>
      client.mget(userIds.map((user) => this.keys.erasedUser(user))),
    );
    return new Map(
      userIds.flatMap((user, index) => {
        const mark = marks[index];
        return mark === null ? [] : [[user, Number(mark)] as const];
      }),
    );
  }

  async archiveLagMs(): Promise<number> {
    const oldest = await oldestUnacknowledged(this.writing, this.keys.events, CONSUMER_GROUPS.archive);
    return oldest === null ? 0 : Math.max(0, this.clock.nowMs() - entryTimeMs(oldest));
  }

  async streamStatus(): Promise<readonly StreamStatus[]> {
    const { keys, writing } = this;
    const statusOf = async (stream: StreamStatus['stream'], key: string): Promise<StreamStatus> => ({
      stream,
      length: await writing.run((client) => client.xlen(key)),
      groups: await streamGroups(writing, key),
    });
    return [
      await statusOf('events', keys.events),
      await statusOf('catalog', keys.catalog),
      await statusOf('slates', keys.slates),
    ];
  }

  async trimStreams(): Promise<number> {
    const { keys, writing: connection } = this;
    const { onlineState, archive } = CONSUMER_GROUPS;
    const nowMs = this.clock.nowMs();
    const ofEvents = await trimStream({
      connection,
      nowMs,
      stream: keys.events,
      requiredGroups: [onlineState, archive],
      retentionMs: this.options.eventRetentionMs ?? 3 * DAY_MS,
    });
    const ofCatalog = await trimStream({
      connection,
      nowMs,
      stream: keys.catalog,
      requiredGroups: [archive],
      retentionMs: this.catalogRetentionMs,
    });
    return ofEvents + ofCatalog + (await this.trimSlates());
  }

  trimSlates(): Promise<number> {
    const { keys, writing: connection, clock } = this;
    return trimStream({
      ...{ connection, stream: keys.slates, nowMs: clock.nowMs() },
      ...{ requiredGroups: [CONSUMER_GROUPS.archive], retentionMs: 0 },
    });
  }

  async ping(): Promise<void> {
    await this.reading.run((client) => client.ping());
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((one) => one.stop()));
    await Promise.all([this.reading.close(), this.writing.close()]);
  }

  private connect(name: string, commandTimeoutMs?: number): RedisConnection {
    return new RedisConnection({
      url: this.options.url,
      name,
      commandTimeoutMs,
      silenceMaxMs: commandTimeoutMs === undefined ? TAIL_BLOCK_MS + SILENCE_MAX_MS : SILENCE_MAX_MS,
      onTrouble: (trouble) => this.options.onTrouble?.(trouble),
    });
  }

  private feed<Entry>(
    stream: string,
    codec: EntryCodec<Entry>,
  ): {
    tail(
      cursor: StreamCursor,
      onEntries: (entries: readonly Entry[], cursor: StreamCursor) => void,
    ): Stoppable;
    head(): Promise<StreamCursor>;
  } {
    const onTrouble = (trouble: StoreTrouble): void => this.options.onTrouble?.(trouble);
    return {
      tail: (cursor, onEntries) =>
        this.track(
          startStreamTail({ connection: this.connect('tail'), stream, codec, cursor, onEntries, onTrouble }),
        ),
      head: () => streamHead(this.writing, stream),
    };
  }

  private consumer<Entry>(
    stream: string,
    codec: EntryCodec<Entry>,
    options: ConsumerOptions,
  ): { run(handle: (entries: readonly Entry[]) => Promise<void>): Stoppable } {
    return {
      run: (handle) =>
        this.track(
          new GroupConsumer<Entry>(
            {
              ...options,
              stream,
              codec,
              deadLetters: this.keys.deadLetters,
              reading: this.connect(options.group),
              writing: this.writing,
              onTrouble: (trouble) => this.options.onTrouble?.(trouble),
            },
            handle,
          ).start(),
        ),
    };
  }

  private track(started: Stoppable): Stoppable {
    let stopped: Promise<void> | undefined;
    const once: Stoppable = {
      stop: () => {
        this.running.delete(once);
        return (stopped ??= started.stop());
      },
    };
    this.running.add(once);
    return once;
  }
}
