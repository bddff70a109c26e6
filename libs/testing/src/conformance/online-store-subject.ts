import {
  eventId,
  itemId,
  ordinal,
  userId,
  type CatalogFeed,
  type CatalogReader,
  type CatalogWriter,
  type EventConsumer,
  type EventFeed,
  type EventStreamWriter,
  type EventTypeDescription,
  type OnlineStateReader,
  type OnlineStateWriter,
  type TrackedEvent,
} from '@winnow/domain';

/** What an online store must offer to be tried; empty when it is made. */
export interface OnlineStoreSubject {
  readonly state: OnlineStateReader;
  readonly stateWriter: OnlineStateWriter;
  readonly events: EventStreamWriter;
  readonly eventFeed: EventFeed;
  readonly catalog: CatalogReader & CatalogWriter;
  readonly catalogFeed: CatalogFeed;
  readonly deadLetters: { count(): Promise<number> };
  eventConsumer(options: {
    readonly group: string;
    readonly deliveriesMax?: number;
    readonly retryFirstMs?: number;
  }): EventConsumer;
  close(): Promise<void>;
}

/** The store under test must be made with these. */
export const SAMPLE_EVENT_TYPES: readonly EventTypeDescription[] = [
  { name: 'view', sentiment: 'neutral', value: 1, countsAsSeen: false },
  { name: 'purchase', sentiment: 'positive', value: 5, countsAsSeen: true },
  { name: 'dislike', sentiment: 'negative', value: 0, countsAsSeen: true },
];

let made = 0;

/** A purchase by one user now, with an id of its own, unless said otherwise. */
export function trackedEvent(
  overrides: Partial<{
    id: string;
    user: string;
    item: number;
    type: string;
    timeMs: number;
    receivedAtMs: number;
    value: number;
  }> = {},
): TrackedEvent {
  made += 1;
  const item = overrides.item ?? 1;
  const timeMs = overrides.timeMs ?? Date.now();
  return {
    eventId: eventId(overrides.id ?? `event-${made}`),
    userId: userId(overrides.user ?? 'ada'),
    itemId: itemId(`item-${item}`),
    ordinal: ordinal(item),
    eventType: overrides.type ?? 'purchase',
    timeMs,
    receivedAtMs: overrides.receivedAtMs ?? timeMs,
    value: overrides.value ?? 1,
  };
}
