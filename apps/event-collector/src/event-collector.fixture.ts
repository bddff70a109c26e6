import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { expect, inject, vi } from 'vitest';
import { catalogV1, eventV1 } from '@winnow/contracts';
import { userId, type Description, type EventTypeDescription, type UserState } from '@winnow/domain';
import { createEventLog } from '@winnow/event-log';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { createLogger } from '@winnow/platform';
import { startEventCollector, type EventCollector, type EventCollectorOptions } from './composition-root';

/** Patience of `vi.waitFor` where a load on the machine must not fail a spec. */
export const SOON = { timeout: 15_000, interval: 20 };

export type Reply<T> = { readonly error: ServiceError | null; readonly response: T };

const EVENT_TYPES: readonly EventTypeDescription[] = [
  { name: 'view', sentiment: 'neutral', value: 1, countsAsSeen: false },
  { name: 'purchase', sentiment: 'positive', value: 5, countsAsSeen: true },
];

/** One collector on a port of its own, with clients and a view of its store. */
export class CollectorBench {
  readonly folder: string;
  readonly store: OnlineStore;
  collector!: EventCollector;
  events!: eventV1.EventServiceClient;
  catalog!: catalogV1.CatalogServiceClient;
  private readonly options: EventCollectorOptions;
  private readonly registry = new Registry();

  constructor(folder: string, redisUrl: string, overrides: Partial<EventCollectorOptions> = {}) {
    this.folder = folder;
    const description = {
      namespace: `spec-${randomUUID()}`,
      items: {
        attributes: [
          { name: 'title', type: 'text' },
          { name: 'price', type: 'number' },
          { name: 'vector', type: 'embedding', dimension: 2 },
        ],
      },
      users: { attributes: [{ name: 'country', type: 'category' }] },
      events: EVENT_TYPES,
      slateLog: { traceShare: 0.05, retentionDays: 90 },
    } as unknown as Description;
    this.options = {
      description,
      redisUrl,
      eventLogFolder: join(folder, 'event-log'),
      listenAddress: '127.0.0.1:0',
      roles: ['api', 'online-state', 'archive'],
      archiveLingerMs: 50,
      archiveBatchMax: 1_000,
      claimIdleMs: 60_000,
      archiveLagMaxMs: 3_600_000,
      logger: createLogger({ service: 'spec', level: 'silent' }),
      registry: this.registry,
      ...overrides,
    };
    this.store = createOnlineStore({ url: redisUrl, description, readTimeoutMs: 1_000 });
  }

  async start(): Promise<void> {
    this.registry.clear();
    this.collector = await startEventCollector(this.options);
    const insecure = credentials.createInsecure();
    this.events = new eventV1.EventServiceClient(this.collector.address, insecure);
    this.catalog = new catalogV1.CatalogServiceClient(this.collector.address, insecure);
    await vi.waitFor(() => expect(this.collector.isReady).toBe(true), SOON);
  }

  /** Another collector over the same stores; its caller stops it. */
  second(overrides: Partial<EventCollectorOptions>): Promise<EventCollector> {
    return startEventCollector({ ...this.options, ...overrides, registry: new Registry() });
  }

  async stopCollector(): Promise<void> {
    this.events.close();
    this.catalog.close();
    await this.collector.stop(1_000);
  }

  async stop(): Promise<void> {
    await this.stopCollector();
    await this.store.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  track(events: readonly Partial<eventV1.Event>[]): Promise<Reply<eventV1.TrackResponse>> {
    const request = eventV1.TrackRequest.fromPartial({ events: events.map((event) => click(event)) });
    return new Promise((resolve) =>
      this.events.track(request, (error, response) => resolve({ error, response })),
    );
  }

  upsert(items: readonly Partial<catalogV1.Item>[]): Promise<Reply<catalogV1.UpsertItemsResponse>> {
    const request = catalogV1.UpsertItemsRequest.fromPartial({ items: [...items] });
    return new Promise((resolve) =>
      this.catalog.upsertItems(request, (error, response) => resolve({ error, response })),
    );
  }

  deleteUser(id: string): Promise<Reply<catalogV1.DeleteUserResponse>> {
    return new Promise((resolve) =>
      this.catalog.deleteUser({ userId: id }, (error, response) => resolve({ error, response })),
    );
  }

  async state(id: string): Promise<UserState> {
    const state = await this.store.state.userState(userId(id));
    if (!state.ok) throw new Error(state.error.reason);
    return state.value;
  }

  /** How many different events of the user are in the event log. */
  async loggedCount(id: string): Promise<number> {
    const log = createEventLog({ folder: this.options.eventLogFolder });
    let count = 0;
    for await (const events of log.streamEvents())
      count += events.filter((event) => event.userId === id).length;
    await log.close();
    return count;
  }

  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}

/** A purchase of tea by ada, unless said otherwise. */
export const click = (event: Partial<eventV1.Event>): Partial<eventV1.Event> => ({
  userId: 'ada',
  itemId: 'tea',
  eventType: 'purchase',
  ...event,
});

/** A collector that runs and is ready; `stop` ends it and removes its files. */
export const openBench = async (
  redisUrl = inject('redisUrl'),
  overrides: Partial<EventCollectorOptions> = {},
): Promise<CollectorBench> => {
  const bench = new CollectorBench(await mkdtemp(join(tmpdir(), 'winnow-collector-')), redisUrl, overrides);
  await bench.start();
  return bench;
};
