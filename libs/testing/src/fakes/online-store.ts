import {
  ok,
  ordinal,
  systemClock,
  type Attributes,
  type CatalogChange,
  type CatalogFeed,
  type CatalogItem,
  type CatalogReader,
  type CatalogWriter,
  type Clock,
  type Description,
  type EventConsumer,
  type EventFeed,
  type EventId,
  type EventStreamWriter,
  type Interaction,
  type ItemId,
  type OnlineStateReader,
  type OnlineStateWriter,
  type Ordinal,
  type TrackedEvent,
  type UserId,
} from '@winnow/domain';
import { InMemoryStream } from './online-store-stream';

interface UserRecord {
  attributes: Attributes | null;
  recent: Interaction[];
  /** In the order of last sight. */
  readonly seen: Set<Ordinal>;
  interactionCount: number;
}

type ItemUpsert = Parameters<CatalogWriter['upsertItems']>[0][number];

const RECENT_MAX = 200;
const SEEN_MAX = 10_000;

const present = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));

/** Every port of the online store in memory, for specs of whatever stands behind them. */
export class InMemoryOnlineStore {
  private readonly users = new Map<UserId, UserRecord>();
  private readonly items = new Map<ItemId, CatalogItem>();
  private readonly appended = new Set<EventId>();
  private readonly applied = new Set<EventId>();
  private readonly erased = new Map<UserId, number>();
  private readonly eventEntries = new InMemoryStream<TrackedEvent>();
  private readonly catalogEntries = new InMemoryStream<CatalogChange>();
  private readonly dead: { event: TrackedEvent; reason: string }[] = [];
  private readonly running = new Set<{ stop(): Promise<void> }>();
  private readonly clock: Clock;
  private nextOrdinal = 0;

  constructor(
    private readonly options: {
      readonly description: Pick<Description, 'events'>;
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
  }

  readonly state: OnlineStateReader = {
    userState: async (userId) => {
      const user = this.users.get(userId);
      return ok({
        recentInteractions: [...(user?.recent ?? [])],
        seenOrdinals: Uint32Array.from(user?.seen ?? []),
        attributes: user?.attributes ?? {},
      });
    },
  };

  readonly stateWriter: OnlineStateWriter = {
    apply: async (events) => events.filter((event) => this.applyEvent(event)).length,
  };

  readonly events: EventStreamWriter = {
    append: async (events) =>
      events.map((event) => {
        if (this.appended.has(event.eventId)) return { status: 'duplicate' };
        this.appended.add(event.eventId);
        if (event.receivedAtMs > this.erasedAtMsOf(event.userId)) this.eventEntries.append(event);
        return { status: 'accepted' };
      }),
  };

  readonly eventFeed: EventFeed = {
    head: async () => this.eventEntries.head(),
    tail: (cursor, onEvents) => this.track(this.eventEntries.tail(cursor, onEvents)),
  };

  readonly catalogFeed: CatalogFeed = {
    head: async () => this.catalogEntries.head(),
    tail: (cursor, onChanges) => this.track(this.catalogEntries.tail(cursor, onChanges)),
  };

  readonly deadLetters = {
    count: async (): Promise<number> => this.dead.length,
    list: async (countMax: number): Promise<readonly { group: string; reason: string }[]> =>
      this.dead.slice(-countMax).map(({ reason }) => ({ group: '', reason })),
  };

  readonly catalog: CatalogReader & CatalogWriter = {
    resolve: async (itemIds) => itemIds.map((id) => this.items.get(id)?.ordinal ?? null),
    getItem: async (id) => this.items.get(id) ?? null,
    getUser: async (userId) => {
      const user = this.users.get(userId);
      return user ? { attributes: user.attributes ?? {}, interactionCount: user.interactionCount } : null;
    },
    upsertItems: async (items) => {
      const before = this.nextOrdinal;
      const ordinals = items.map((item) => this.upsertItem(item));
      const createdCount = this.nextOrdinal - before;
      return { createdCount, updatedCount: items.length - createdCount, ordinals };
    },
    deleteItems: async (itemIds) => {
      const missingItemIds = itemIds.filter((id) => !this.deleteItem(id));
      return { deletedCount: itemIds.length - missingItemIds.length, missingItemIds };
    },
    upsertUsers: async (users) => {
      for (const { userId, attributes } of users) {
        const user = this.user(userId);
        const after = present(attributes);
        if (JSON.stringify(user.attributes) === JSON.stringify(after)) continue;
        user.attributes = after;
        this.catalogEntries.append({
          kind: 'user-upserted',
          userId,
          attributes: after,
          changedAtMs: this.clock.nowMs(),
        });
      }
    },
    deleteUser: async (userId) => this.deleteUser(userId),
  };

  eventConsumer(options: {
    readonly group: string;
    readonly deliveriesMax?: number;
    readonly retryFirstMs?: number;
  }): EventConsumer {
    return {
      run: (handle) =>
        this.track(
          this.eventEntries.consume({
            group: options.group,
            deliveriesMax: options.deliveriesMax ?? 5,
            handle,
            onDeadLetter: (event, reason) => this.dead.push({ event, reason }),
          }),
        ),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((one) => one.stop()));
  }

  private user(userId: UserId): UserRecord {
    const known = this.users.get(userId);
    if (known) return known;
    const made: UserRecord = { attributes: null, recent: [], seen: new Set(), interactionCount: 0 };
    this.users.set(userId, made);
    return made;
  }

  private erasedAtMsOf(userId: UserId): number {
    return this.erased.get(userId) ?? -1;
  }

  private applyEvent(event: TrackedEvent): boolean {
    const eventType = this.options.description.events.findIndex(({ name }) => name === event.eventType);
    if (eventType < 0 || this.applied.has(event.eventId)) return false;
    if (event.receivedAtMs <= this.erasedAtMsOf(event.userId)) return false;
    this.applied.add(event.eventId);
    const user = this.user(event.userId);
    const { ordinal: item, timeMs, value } = event;
    const later = user.recent.findIndex((other) => other.timeMs > timeMs);
    user.recent.splice(later < 0 ? user.recent.length : later, 0, {
      ordinal: item,
      eventType,
      timeMs,
      value,
    });
    user.recent = user.recent.slice(-RECENT_MAX);
    if (this.options.description.events[eventType].countsAsSeen) {
      user.seen.delete(item);
      user.seen.add(item);
      for (const oldest of user.seen) if (user.seen.size > SEEN_MAX) user.seen.delete(oldest);
    }
    user.interactionCount += 1;
    return true;
  }

  private upsertItem({ itemId, attributes, available, firstSeenAtMs }: ItemUpsert): Ordinal {
    const before = this.items.get(itemId);
    const item: CatalogItem = {
      ordinal: before?.ordinal ?? ordinal(this.nextOrdinal++),
      itemId,
      attributes: present(attributes),
      available,
      firstSeenAtMs: Math.min(firstSeenAtMs, before?.firstSeenAtMs ?? Infinity),
    };
    if (JSON.stringify(before) === JSON.stringify(item)) return item.ordinal;
    this.items.set(itemId, item);
    this.catalogEntries.append({ kind: 'item-upserted', item, changedAtMs: this.clock.nowMs() });
    return item.ordinal;
  }

  private deleteItem(itemId: ItemId): boolean {
    const item = this.items.get(itemId);
    if (!item) return false;
    this.items.delete(itemId);
    this.catalogEntries.append({
      kind: 'item-deleted',
      ordinal: item.ordinal,
      itemId,
      changedAtMs: this.clock.nowMs(),
    });
    return true;
  }

  private deleteUser(userId: UserId): readonly { readonly store: string; readonly count: number }[] {
    this.erased.set(userId, this.clock.nowMs());
    const records = this.users.delete(userId) ? 1 : 0;
    const letters = this.dead.filter(({ event }) => event.userId === userId);
    for (const letter of letters) this.dead.splice(this.dead.indexOf(letter), 1);
    return [
      { store: 'online-state', count: records },
      { store: 'event-stream', count: this.eventEntries.delete((event) => event.userId === userId) },
      {
        store: 'catalog-stream',
        count: this.catalogEntries.delete(
          (change) => change.kind === 'user-upserted' && change.userId === userId,
        ),
      },
      { store: 'dead-letters', count: letters.length },
    ];
  }

  private track(started: { stop(): Promise<void> }): { stop(): Promise<void> } {
    const once = {
      stop: async (): Promise<void> => {
        this.running.delete(once);
        await started.stop();
      },
    };
    this.running.add(once);
    return once;
  }
}
