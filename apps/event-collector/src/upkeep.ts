import { reasonOf, type Clock } from '@winnow/domain';

export interface UpkeepOptions {
  readonly store: { trimStreams(): Promise<unknown>; trimSlates(): Promise<unknown> };
  readonly eventLog: {
    compact(): Promise<unknown>;
    removeEventsBefore(timeMs: number): Promise<number>;
    readonly slates: { removeBefore(timeMs: number): Promise<number> };
  };
  /** Older slates are forgotten, day by day. */
  readonly slateRetentionDays: number;
  /** Older events are, too; null: none. */
  readonly eventRetentionDays: number | null;
  readonly clock: Clock;
  readonly logger: {
    debug(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

const TRIM_INTERVAL_MS = 60_000;
/** Their stream is bounded, and nobody but the archive reads it. */
const TRIM_SLATES_INTERVAL_MS = 5_000;
const FORGET_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;
const COMPACT_INTERVAL_MS = 10 * 60_000;

/** Keeps streams short and the log's files few. A failure is logged and tried again at the next turn. */
export function startUpkeep(options: UpkeepOptions): { stop(): Promise<void> } {
  const { store, eventLog, slateRetentionDays, eventRetentionDays, clock, logger } = options;
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
    every(FORGET_INTERVAL_MS, 'forgetting old slates', () =>
      eventLog.slates.removeBefore(clock.nowMs() - slateRetentionDays * DAY_MS),
    ),
    ...(eventRetentionDays === null
      ? []
      : [
          every(FORGET_INTERVAL_MS, 'forgetting old events', () =>
            eventLog.removeEventsBefore(clock.nowMs() - eventRetentionDays * DAY_MS),
          ),
        ]),
    every(COMPACT_INTERVAL_MS, 'compacting the event log', () => eventLog.compact()),
  ];
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await turn;
    },
  };
}
