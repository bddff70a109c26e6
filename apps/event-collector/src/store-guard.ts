import { reasonOf } from '@winnow/domain';
import type { EventLog } from '@winnow/event-log';
import type { OnlineStore } from '@winnow/online-store';
import { RpcError, type Logger } from '@winnow/platform';

export interface StoreGuardOptions {
  readonly store: Pick<OnlineStore, 'ping' | 'rebuilder'>;
  readonly eventLog: Pick<EventLog, 'stats' | 'streamEvents' | 'streamCatalogChanges'>;
  readonly logger: Logger;
  /** Called once, when the store has been found sound. */
  readonly onPrepared: () => void;
  readonly onReady: (ready: boolean) => void;
}

const CHECK_INTERVAL_MS = 500;
/** One slow answer is no outage. */
const FAILURES_UNTIL_UNREADY = 2;

/**
 * Watches the online store. Before the first write it makes sure that an empty Redis is not taken for a new beginning:
 * ordinals would be given out again. When the log knows better, the store is rebuilt from it first.
 */
export class StoreGuard {
  private readonly aborter = new AbortController();
  private prepared = false;
  private ready = false;
  private failures = 0;
  private readonly done: Promise<void>;

  constructor(private readonly options: StoreGuardOptions) {
    this.done = this.watch();
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** Throws UNAVAILABLE until the store has been found sound. */
  readonly assertReady = (): void => {
    if (!this.prepared)
      throw new RpcError('unavailable', 'the online store has not been reached since this process started');
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
        if (!this.prepared) await this.prepare();
        this.failures = 0;
        this.setReady(true);
      } catch (thrown) {
        this.failures += 1;
        if (this.failures === 1)
          this.options.logger.warn({ err: thrown }, `online store: ${reasonOf(thrown)}`);
        if (this.failures >= FAILURES_UNTIL_UNREADY) this.setReady(false);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CHECK_INTERVAL_MS);
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }

  private async prepare(): Promise<void> {
    const { store, eventLog, logger, onPrepared } = this.options;
    if ((await store.rebuilder.isEmpty()) && (await eventLog.stats()).catalogChangeCount > 0) {
      logger.warn('Redis is empty and the event log is not: rebuilding the online store');
      const rebuilt = await store.rebuilder.rebuild({ log: eventLog });
      if (!rebuilt.ok) throw new Error(rebuilt.error.reason, { cause: rebuilt.error.cause });
      logger.info(rebuilt.value, 'rebuilt the online store');
    }
    this.prepared = true;
    onPrepared();
  }

  private setReady(ready: boolean): void {
    if (ready === this.ready) return;
    this.ready = ready;
    this.options.onReady(ready);
  }
}
