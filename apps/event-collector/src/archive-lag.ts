import { setTimeout as sleep } from 'node:timers/promises';
import type { OnlineStore } from '@winnow/online-store';
import { RpcError, type Logger } from '@winnow/platform';

export interface ArchiveLagOptions {
  readonly store: Pick<OnlineStore, 'archiveLagMs'>;
  /** Events are refused while the oldest one that the log does not have waits for longer. */
  readonly lagMaxMs: number;
  readonly logger: Logger;
  /** How often it is looked at. */
  readonly checkMs?: number;
}

const CHECK_MS = 1_000;
/** A log that is this far behind does not catch up within a moment. */
const RETRY_AFTER_MS = 5_000;

/**
 * Holds producers back while the event log is too far behind the stream: Redis would fill up with what cannot be trimmed,
 * and then refuse everything. Until it is known otherwise, the log keeps up.
 */
export class ArchiveLag {
  private readonly aborter = new AbortController();
  private readonly done: Promise<void>;
  private lagMs = 0;

  constructor(private readonly options: ArchiveLagOptions) {
    this.done = this.watch();
  }

  /** Throws RESOURCE_EXHAUSTED, with when to try again, while the log is too far behind. */
  readonly assertKeepingUp = (): void => {
    if (this.isBehind)
      throw new RpcError(
        'resource-exhausted',
        `the event log is ${Math.round(this.lagMs / 1_000)} s behind: is a collector with the role archive running?`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
  };

  async stop(): Promise<void> {
    this.aborter.abort();
    await this.done;
  }

  private get isBehind(): boolean {
    return this.lagMs > this.options.lagMaxMs;
  }

  private async watch(): Promise<void> {
    const { signal } = this.aborter;
    const { store, logger, lagMaxMs, checkMs = CHECK_MS } = this.options;
    while (!signal.aborted) {
      const wasBehind = this.isBehind;
      // A store that is away refuses events by itself; what was known last stays.
      this.lagMs = await store.archiveLagMs().catch(() => this.lagMs);
      if (this.isBehind !== wasBehind)
        logger.warn(
          { lagMs: this.lagMs, lagMaxMs },
          this.isBehind
            ? 'events are refused: the event log is too far behind'
            : 'the event log has caught up',
        );
      await sleep(checkMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
