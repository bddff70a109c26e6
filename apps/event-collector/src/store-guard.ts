import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@winnow/domain';
import type { EventLog } from '@winnow/event-log';
import type { OnlineStore } from '@winnow/online-store';
import { RpcError, type Logger } from '@winnow/platform';

export interface StoreGuardOptions {
  readonly store: Pick<OnlineStore, 'ping' | 'rebuilder'>;
  readonly eventLog: Pick<EventLog, 'stats' | 'streamEvents' | 'streamCatalogChanges'>;
  readonly logger: Logger;
  /** Data can be lost without the connection; it is looked for this often. */
  readonly soundForMs: number;
  /** Called once, when the store has been found sound for the first time. */
  readonly onPrepared: () => void;
  readonly onReady: (ready: boolean) => void;
}

const CHECK_INTERVAL_MS = 500;
/** One slow answer is no outage. */
const FAILURES_UNTIL_UNREADY = 2;

/**
 * Watches the online store. Before the first write, and after each outage, it makes sure that an empty Redis is not
 * taken for a new beginning: ordinals would be given out again. When the log knows better, the store is rebuilt first.
 */
export class StoreGuard {
  private readonly aborter = new AbortController();
  /** Until when the store may be written to without another look; 0 after a failure. */
  private soundUntilMs = 0;
  private isPrepared = false;
  private ready = false;
  private failures = 0;
  private readonly done: Promise<void>;

  constructor(private readonly options: StoreGuardOptions) {
    this.done = this.watch();
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** Throws UNAVAILABLE until the store has been found sound after the start or the last outage. */
  readonly assertReady = (): void => {
    if (this.soundUntilMs === 0)
      throw new RpcError('unavailable', 'the online store is away, or being looked at after it was');
  };

  async stop(): Promise<void> {
    this.aborter.abort();
    await this.done;
  }

  private async watch(): Promise<void> {
    const { signal } = this.aborter;
    while (!signal.aborted) {
      try {
        await this.options.store.ping();
        if (performance.now() >= this.soundUntilMs) await this.ensureSound();
        this.failures = 0;
        this.setReady(true);
      } catch (thrown) {
        this.failures += 1;
        this.soundUntilMs = 0;
        if (this.failures === 1)
          this.options.logger.warn({ err: thrown }, `online store: ${reasonOf(thrown)}`);
        if (this.failures >= FAILURES_UNTIL_UNREADY) this.setReady(false);
      }
      await sleep(CHECK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async ensureSound(): Promise<void> {
    const { store, eventLog, logger, soundForMs } = this.options;
    if ((await store.rebuilder.isEmpty()) && (await eventLog.stats()).catalogChangeCount > 0) {
      this.soundUntilMs = 0;
      logger.warn('Redis is empty and the event log is not: rebuilding the online store');
      const rebuilt = await store.rebuilder.rebuild({ log: eventLog });
      if (!rebuilt.ok) throw new Error(rebuilt.error.reason, { cause: rebuilt.error.cause });
      logger.info(rebuilt.value, 'rebuilt the online store');
    }
    this.soundUntilMs = performance.now() + soundForMs;
    if (this.isPrepared) return;
    this.isPrepared = true;
    this.options.onPrepared();
  }

  private setReady(ready: boolean): void {
    if (ready === this.ready) return;
    this.ready = ready;
    this.options.onReady(ready);
  }
}
