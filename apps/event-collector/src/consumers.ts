import { reasonOf, type Clock } from '@winnow/domain';
import type { EventLog } from '@winnow/event-log';
import { CONSUMER_GROUPS, type OnlineStore } from '@winnow/online-store';
import type { Logger } from '@winnow/platform';
import { Archive } from './archive';
import type { Role } from './config.schema';
import { isStorageFailure } from './store-failures';

export interface ConsumersOptions {
  readonly roles: readonly Role[];
  readonly store: OnlineStore;
  readonly eventLog: EventLog;
  readonly archiveLingerMs: number;
  readonly archiveBatchMax: number;
  readonly claimIdleMs: number;
  /** Older slates are forgotten, day by day. */
  readonly slateRetentionDays: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STATE_BATCH_MAX = 1_000;
/** Writing to the log is slow work; a bad disk gets minutes, not seconds, before an event is put aside. */
const ARCHIVE_RETRY_FIRST_MS = 1_000;
const ARCHIVE_DELIVERIES_MAX = 10;
/** Some slates carry their trace, a hundred kilobytes in memory. */
const SLATE_BATCH_MAX = 2_000;
const TRIM_INTERVAL_MS = 60_000;
/** Their stream is bounded, and nobody but the archive reads it. */
const TRIM_SLATES_INTERVAL_MS = 5_000;
const FORGET_SLATES_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;
const COMPACT_INTERVAL_MS = 10 * 60_000;

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

/** Keeps streams short and the log's files few. A failure is logged and tried again at the next turn. */
function startUpkeep({ store, eventLog, slateRetentionDays, clock, logger }: ConsumersOptions): {
  stop(): Promise<void>;
} {
  let turn = Promise.resolve();
  const every = (intervalMs: number, name: string, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      turn = turn.then(async () => {
        try {
          logger.debug({ result: await work() }, name);
        } catch (thrown) {
          logger.warn({ err: thrown }, `${name} failed: ${reasonOf(thrown)}`);
        }
      });
    }, intervalMs).unref();
  const timers = [
    every(TRIM_INTERVAL_MS, 'trimming streams', () => store.trimStreams()),
    every(TRIM_SLATES_INTERVAL_MS, 'trimming served slates', () => store.trimSlates()),
    every(FORGET_SLATES_INTERVAL_MS, 'forgetting old slates', () =>
      eventLog.slates.removeBefore(clock.nowMs() - slateRetentionDays * DAY_MS),
    ),
    every(COMPACT_INTERVAL_MS, 'compacting the event log', () => eventLog.compact()),
  ];
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await turn;
    },
  };
}
