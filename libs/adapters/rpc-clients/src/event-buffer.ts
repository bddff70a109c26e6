import { randomUUID } from 'node:crypto';
import { status, type ServiceError } from '@grpc/grpc-js';
import { eventV1 } from '@winnow/contracts';
import { err, ok, reasonOf, type Result } from '@winnow/domain';

/** An event with any of its fields left out. */
export type EventInit = Parameters<typeof eventV1.Event.fromPartial>[0];

export interface EventBufferOptions {
  /** Most events held, those under way included; 10,000 when left out. */
  readonly eventCountMax?: number;
  /** Most events in one call; 500 when left out, and at most the 1,000 that `Track` takes. */
  readonly batchCountMax?: number;
  /** How long the first event of a batch waits for company; 20 when left out. */
  readonly lingerMs?: number;
  /** Wait after a call that failed, doubled with each further one; 100 when left out. */
  readonly retryFirstMs?: number;
  /** … up to this; 10,000 when left out. */
  readonly retryLongestMs?: number;
  /** Events that were refused for good, each with the field at fault: sending them again cannot help. */
  readonly onRefused?: (event: eventV1.Event, reason: string) => void;
  /** A call failed and is made again: once for an outage, not once for every attempt. */
  readonly onTrouble?: (reason: string) => void;
  readonly random?: () => number;
}

export type BufferRefusal = 'full' | 'closed';

const DEFAULTS = {
  eventCountMax: 10_000,
  batchCountMax: 500,
  lingerMs: 20,
  retryFirstMs: 100,
  retryLongestMs: 10_000,
};
const TRACK_COUNT_MAX = 1_000;
/** Trailer in which a server says how long to stay away (gRPC's own name, proposal A6). */
const PUSHBACK_KEY = 'grpc-retry-pushback-ms';
const { EventStatus } = eventV1;

/**
 * Holds events until the collector has acknowledged them: an outage of the collector costs its caller nothing but memory.
 * One call is under way at a time, oldest events first, so the events of a user stay in order. A batch that was not
 * acknowledged goes out again with the same event ids, which the collector counts once. Nothing is dropped in silence: what
 * does not fit is refused by `add`, what the collector refuses goes to `onRefused`, what is left at the end comes from `close`.
 */
export class EventBuffer {
  private readonly settings: EventBufferOptions & typeof DEFAULTS;
  private readonly held: eventV1.Event[] = [];
  private readonly waiting: { readonly settledCount: number; readonly resolve: () => void }[] = [];
  private readonly stopping = new AbortController();
  /** Events that have left the buffer, acknowledged or refused. */
  private settledCount = 0;
  private failures = 0;
  private closed = false;
  private hurried = false;
  private sending = false;
  private wake: () => void = () => {};

  constructor(
    private readonly track: (events: readonly eventV1.Event[]) => Promise<eventV1.TrackResponse>,
    options: EventBufferOptions = {},
  ) {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.settings = { ...DEFAULTS, ...given };
    const { batchCountMax, eventCountMax } = this.settings;
    if (batchCountMax < 1 || batchCountMax > TRACK_COUNT_MAX || eventCountMax < batchCountMax)
      throw new RangeError(
        `a batch holds 1 to ${TRACK_COUNT_MAX} events and the buffer at least a batch; they were ${batchCountMax} and ${eventCountMax}`,
      );
  }

  /** Events that are not acknowledged yet. */
  get size(): number {
    return this.held.length;
  }

  /**
   * Takes an event and returns its id. An event without an id or a time gets them now: it keeps both however often and
   * however late it is sent.
   */
  add(event: EventInit): Result<string, BufferRefusal> {
    if (this.closed) return err('closed');
    if (this.held.length >= this.settings.eventCountMax) return err('full');
    const kept = eventV1.Event.fromPartial(event);
    kept.eventId ||= randomUUID();
    kept.timeMs ??= Date.now();
    this.held.push(kept);
    if (this.held.length >= this.settings.batchCountMax) this.wake();
    if (!this.sending) void this.send();
    return ok(kept.eventId);
  }

  /** Resolves once everything that was added before has been acknowledged or refused, however long that takes. */
  flush(): Promise<void> {
    if (this.held.length === 0) return Promise.resolve();
    this.hurried = true;
    this.wake();
    return new Promise((resolve) =>
      this.waiting.push({ settledCount: this.settledCount + this.held.length, resolve }),
    );
  }

  /** Takes no more, flushes for at most `timeoutMs`, and returns what was not acknowledged: keep it, or lose it knowingly. */
  async close(timeoutMs: number): Promise<readonly eventV1.Event[]> {
    this.closed = true;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([this.flush(), patience]);
    clearTimeout(timer);
    this.stopping.abort();
    this.wake();
    return [...this.held];
  }

  private async send(): Promise<void> {
    this.sending = true;
    while (this.held.length > 0 && !this.stopping.signal.aborted) {
      const { lingerMs, batchCountMax } = this.settings;
      if (!this.hurried && this.held.length < batchCountMax) await this.pause(lingerMs);
      const batch = this.held.slice(0, batchCountMax);
      try {
        this.settle(batch, await this.track(batch));
      } catch (thrown) {
        await this.afterFailure(batch, thrown as ServiceError);
      }
    }
    this.sending = false;
  }

  private async afterFailure(batch: readonly eventV1.Event[], error: ServiceError): Promise<void> {
    const { onTrouble, retryFirstMs, retryLongestMs, random = Math.random } = this.settings;
    if (error.code === status.INVALID_ARGUMENT) return this.refuse(batch, error.details);
    if (this.failures === 0) onTrouble?.(reasonOf(error));
    const backoffMs = Math.min(retryLongestMs, retryFirstMs * 2 ** Math.min(this.failures, 30));
    this.failures += 1;
    // Half of it is left to chance, so that a fleet does not come back in step.
    await this.pause(Math.max(pushbackMs(error), backoffMs * (0.5 + random() / 2)), { hurries: false });
  }

  private settle(batch: readonly eventV1.Event[], { verdicts }: eventV1.TrackResponse): void {
    this.failures = 0;
    verdicts.forEach(({ status: verdict, reason }, index) => {
      if (verdict === EventStatus.EVENT_STATUS_REJECTED) this.settings.onRefused?.(batch[index], reason);
    });
    this.release(batch.length);
  }

  private refuse(batch: readonly eventV1.Event[], reason: string): void {
    for (const event of batch) this.settings.onRefused?.(event, reason);
    this.release(batch.length);
  }

  private release(count: number): void {
    this.held.splice(0, count);
    this.settledCount += count;
    while (this.waiting.length > 0 && this.waiting[0].settledCount <= this.settledCount)
      this.waiting.shift()?.resolve();
    this.hurried = this.waiting.length > 0;
  }

  /** Ends early when the batch is full, somebody flushes, or the buffer is closed for good. */
  private pause(ms: number, { hurries = true } = {}): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        if (!hurries && !this.stopping.signal.aborted) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** How long the server wants to be left alone; 0 when it did not say. */
function pushbackMs(error: ServiceError): number {
  const said = Number(error.metadata?.get(PUSHBACK_KEY)[0]);
  return Number.isFinite(said) && said > 0 ? said : 0;
}
