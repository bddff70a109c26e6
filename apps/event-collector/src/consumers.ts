import type { EventLog } from '@winnow/event-log';
import { CONSUMER_GROUPS, type OnlineStore } from '@winnow/online-store';
import { Archive } from './archive';
import type { Role } from './config.schema';
import { isStorageFailure } from './store-failures';
import { startUpkeep, type UpkeepOptions } from './upkeep';

export interface ConsumersOptions extends UpkeepOptions {
  readonly roles: readonly Role[];
  readonly store: OnlineStore;
  readonly eventLog: EventLog;
  readonly archiveLingerMs: number;
  readonly archiveBatchMax: number;
  readonly claimIdleMs: number;
}

const STATE_BATCH_MAX = 1_000;
/** Writing to the log is slow work; a bad disk gets minutes, not seconds, before an event is put aside. */
const ARCHIVE_RETRY_FIRST_MS = 1_000;
const ARCHIVE_DELIVERIES_MAX = 10;
/** Some slates carry their trace, a hundred kilobytes in memory. */
const SLATE_BATCH_MAX = 2_000;

/** Starts the consumer groups and the upkeep that this process's roles ask for. */
export function startConsumers(options: ConsumersOptions): { stop(): Promise<void> } {
  const { roles } = options;
  const running = [
    ...(roles.includes('online-state') ? [startStateConsumer(options)] : []),
    ...(roles.includes('archive') ? [...startArchiveConsumers(options), startUpkeep(options)] : []),
  ];
  return {
    stop: async () => {
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}

const startStateConsumer = ({ store, claimIdleMs }: ConsumersOptions): { stop(): Promise<void> } =>
  store
    .eventConsumer({ group: CONSUMER_GROUPS.onlineState, batchCountMax: STATE_BATCH_MAX, claimIdleMs })
    .run(async (events) => void (await store.stateWriter.apply(events)));

function startArchiveConsumers(options: ConsumersOptions): { stop(): Promise<void> }[] {
  const { store, eventLog } = options;
  const archive = new Archive({
    ...{ eventLog, slateLog: eventLog.slates },
    erasedAtMs: (userIds) => store.erasedAtMs(userIds),
  });
  const consumer = {
    group: CONSUMER_GROUPS.archive,
    batchCountMax: options.archiveBatchMax,
    lingerMs: options.archiveLingerMs,
    // An entry that lingers is held by a consumer that lives.
    claimIdleMs: options.archiveLingerMs + options.claimIdleMs,
    deliveriesMax: ARCHIVE_DELIVERIES_MAX,
    retryFirstMs: ARCHIVE_RETRY_FIRST_MS,
    isTransient: isStorageFailure,
  };
  return [
    store.eventConsumer(consumer).run((events) => archive.appendEvents(events)),
    store.catalogConsumer(consumer).run((changes) => archive.appendCatalogChanges(changes)),
    store
      .slateConsumer({ ...consumer, batchCountMax: Math.min(SLATE_BATCH_MAX, options.archiveBatchMax) })
      .run((slates) => archive.appendSlates(slates)),
  ];
}
