import { catalogV1, eventV1 } from '@winnow/contracts';
import { systemClock, type Clock, type Description } from '@winnow/domain';
import { createEventLog, type EventLog } from '@winnow/event-log';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { bindService, createRpcServer, type BoundService, type Logger } from '@winnow/platform';
import type { Registry } from 'prom-client';
import { ArchiveLag } from './archive-lag';
import { catalogService } from './catalog-service';
import { collectorMetrics, type CollectorMetrics } from './collector-metrics';
import type { Role } from './config.schema';
import { startConsumers } from './consumers';
import { eventService } from './event-service';
import { StoreGuard } from './store-guard';

export interface EventCollectorOptions {
  readonly description: Description;
  readonly redisUrl: string;
  readonly eventLogFolder: string;
  /** `host:port`; port 0 takes any free one. */
  readonly listenAddress: string;
  readonly roles: readonly Role[];
  readonly archiveLingerMs: number;
  readonly archiveBatchMax: number;
  readonly claimIdleMs: number;
  readonly archiveLagMaxMs: number;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly clock?: Clock;
  /** How often it is looked at how far the event log is behind. Default 1,000. */
  readonly archiveLagCheckMs?: number;
  /** How often a Redis that answers is checked for having lost its data. Default 10,000. */
  readonly storeCheckMs?: number;
  /** Called whenever the answer to `isReady` changes. */
  readonly onReady?: (ready: boolean) => void;
}

export interface EventCollector {
  /** `host:port` that was bound. Without the role `api` only health is served there. */
  readonly address: string;
  /** Redis answers, and was not found empty beside a log that is not. */
  readonly isReady: boolean;
  /** NOT_SERVING, calls finish, what consumers have read is handled, connections close. */
  stop(graceMs: number): Promise<void>;
}

/** Requests are small beside writing 1,000 records; more than this is an outage in the making. */
const WRITE_TIMEOUT_MS = 2_000;
const PING_TIMEOUT_MS = 500;
const STORE_CHECK_MS = 10_000;

/** Wires the event collector and starts it. It serves at once, and is ready when Redis is. */
export async function startEventCollector(options: EventCollectorOptions): Promise<EventCollector> {
  const { description, logger, registry, roles } = options;
  const clock = options.clock ?? systemClock;
  const store = createOnlineStore({
    url: options.redisUrl,
    description,
    readTimeoutMs: PING_TIMEOUT_MS,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
    clock,
    onTrouble: ({ connection, message, cause }) => logger.warn({ connection, err: cause }, message),
  });
  const eventLog = createEventLog({ folder: options.eventLogFolder, clock });
  const metrics = collectorMetrics(registry, store);
  let consumers: { stop(): Promise<void> } | undefined;

  const lag = new ArchiveLag({
    ...{ store, logger, lagMaxMs: options.archiveLagMaxMs, checkMs: options.archiveLagCheckMs },
  });
  const assertReady = (): void => guard.assertReady();
  const server = await createRpcServer({
    address: options.listenAddress,
    services: roles.includes('api')
      ? servicesOf({ description, store, eventLog, clock, metrics, assertReady, lag })
      : [],
    logger,
    registry,
  });
  const guard = new StoreGuard({
    store,
    eventLog,
    logger,
    soundForMs: options.storeCheckMs ?? STORE_CHECK_MS,
    onPrepared: () => {
      consumers = startConsumers({
        ...options,
        ...{ clock, store, eventLog, slateRetentionDays: description.slateLog.retentionDays },
        eventRetentionDays: description.eventLog?.retentionDays ?? null,
      });
    },
    onReady: (ready) => {
      server.setReady(ready);
      options.onReady?.(ready);
    },
  });
  return {
    address: server.address,
    get isReady() {
      return guard.isReady;
    },
    stop: async (graceMs) => {
      await guard.stop();
      await lag.stop();
      await server.drain(graceMs);
      await consumers?.stop();
      await store.close();
      await eventLog.close();
    },
  };
}

function servicesOf(parts: {
  readonly description: Description;
  readonly store: OnlineStore;
  readonly eventLog: EventLog;
  readonly clock: Clock;
  readonly metrics: CollectorMetrics;
  readonly assertReady: () => void;
  readonly lag: ArchiveLag;
}): BoundService[] {
  const { description, store, eventLog, clock, metrics, assertReady, lag } = parts;
  return [
    bindService(
      eventV1.EventServiceService,
      eventService({
        description,
        catalog: store.catalog,
        events: store.events,
        clock,
        assertReady: () => {
          assertReady();
          lag.assertKeepingUp();
        },
        onVerdicts: (counts) => metrics.countVerdicts(counts),
      }),
    ),
    bindService(
      catalogV1.CatalogServiceService,
      catalogService({ description, catalog: store.catalog, eventLog, clock, assertReady }),
    ),
  ];
}
