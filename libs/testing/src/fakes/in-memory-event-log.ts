import {
  compareCursors,
  type Attributes,
  type CatalogChange,
  type CatalogItem,
  type EventColumns,
  type EventLogReader,
  type EventLogWriter,
  type Ordinal,
  type TrackedEvent,
  type UserId,
} from '@winnow/domain';

const byTime = (a: TrackedEvent, b: TrackedEvent): number =>
  a.timeMs - b.timeMs || (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0);

/** The event log's promises without a disk. */
export class InMemoryEventLog implements EventLogReader, EventLogWriter {
  #events: TrackedEvent[] = [];
  #changes: CatalogChange[] = [];

  async appendEvents(events: readonly TrackedEvent[]): Promise<void> {
    this.#events.push(...structuredClone(events));
  }

  async appendCatalogChanges(changes: readonly CatalogChange[]): Promise<void> {
    this.#changes.push(...structuredClone(changes));
  }

  async eraseUser(userId: UserId): Promise<number> {
    const before = this.#events.length + this.#changes.length;
    this.#events = this.#events.filter((event) => event.userId !== userId);
    this.#changes = this.#changes.filter(
      (change) => change.kind !== 'user-upserted' || change.userId !== userId,
    );
    return before - this.#events.length - this.#changes.length;
  }

  async readEvents(window: Parameters<EventLogReader['readEvents']>[0]): Promise<EventColumns> {
    const { eventTypes, fromMs = -Infinity, toMs = Infinity, upTo } = window;
    const events = this.#uniqueEvents().filter(
      (event) =>
        eventTypes.includes(event.eventType) &&
        event.timeMs >= fromMs &&
        event.timeMs < toMs &&
        (upTo === undefined || event.cursor === undefined || compareCursors(event.cursor, upTo) <= 0),
    );
    const userIds = [...new Set(events.map((event) => event.userId))].sort();
    const indexOf = new Map(userIds.map((userId, index) => [userId, index]));
    return {
      count: events.length,
      users: Uint32Array.from(events, (event) => indexOf.get(event.userId) ?? 0),
      ordinals: Uint32Array.from(events, (event) => event.ordinal),
      eventTypes: Uint8Array.from(events, (event) => eventTypes.indexOf(event.eventType)),
      timesMs: Float64Array.from(events, (event) => event.timeMs),
      values: Float32Array.from(events, (event) => event.value),
      userIds,
    };
  }

  async *readItems(): AsyncGenerator<readonly CatalogItem[]> {
    const newest = new Map<Ordinal, CatalogItem | null>();
    for (const change of this.#orderedChanges())
      if (change.kind === 'item-upserted') newest.set(change.item.ordinal, change.item);
      else if (change.kind === 'item-deleted') newest.set(change.ordinal, null);
    const items = [...newest.values()].filter((item) => item !== null);
    if (items.length > 0) yield items.sort((a, b) => a.ordinal - b.ordinal);
  }

  async *readUsers(): AsyncGenerator<readonly { userId: UserId; attributes: Attributes }[]> {
    const newest = new Map<UserId, Attributes>();
    for (const change of this.#orderedChanges())
      if (change.kind === 'user-upserted') newest.set(change.userId, change.attributes);
    if (newest.size > 0) yield [...newest].map(([userId, attributes]) => ({ userId, attributes }));
  }

  async *streamEvents(): AsyncGenerator<readonly TrackedEvent[]> {
    const events = this.#uniqueEvents();
    if (events.length > 0) yield events;
  }

  async *streamCatalogChanges(): AsyncGenerator<readonly CatalogChange[]> {
    const changes = this.#orderedChanges();
    if (changes.length > 0) yield changes;
  }

  #uniqueEvents(): TrackedEvent[] {
    const first = new Map<string, TrackedEvent>();
    for (const event of this.#events) {
      const known = first.get(event.eventId);
      if (!known || event.receivedAtMs < known.receivedAtMs) first.set(event.eventId, event);
    }
    return [...first.values()].sort(byTime);
  }

  /** A stable sort: changes of the same millisecond stay as they came. */
  #orderedChanges(): CatalogChange[] {
    return [...this.#changes].sort((a, b) => a.changedAtMs - b.changedAtMs);
  }
}
