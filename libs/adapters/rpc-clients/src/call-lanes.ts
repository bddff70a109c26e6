import { status, type ServiceError } from '@grpc/grpc-js';
import { CallLane, type LaneCallOptions, type LaneStream } from './call-lane';

export interface CallLanesOptions<Request, Response> {
  readonly open: () => LaneStream<Request, Response>;
  /** The channel gives each new stream to the next replica, so this many replicas are asked at a time. Default 2. */
  readonly count?: number;
  /**
   * A lane is replaced after this long, and so new replicas are found. Default 20,000: less than what servers grant
   * streams of connections that have grown old.
   */
  readonly ageMaxMs?: number;
}

const COUNT = 2;
const AGE_MAX_MS = 20_000;
const REOPEN_FIRST_MS = 100;
const REOPEN_MAX_MS = 5_000;

/**
 * Streams to one service that carry its calls. A unary call of grpc-js costs about a millisecond more than a message on a
 * stream that stands, on each of a request's hops (docs/adr/0011). Lanes are a short cut only: while none stands, callers
 * ask the ordinary way.
 */
export class CallLanes<Request, Response> {
  private readonly lanes = new Set<CallLane<Request, Response>>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private reopenMs = REOPEN_FIRST_MS;
  private pausedUntilMs = -Infinity;
  private closed = false;
  private openedCount = 0;

  constructor(private readonly options: CallLanesOptions<Request, Response>) {}

  /** On the lane with the fewest calls; null when none stands. Rejects with a ServiceError, as a unary call does. */
  call(request: Request, options: LaneCallOptions): Promise<Response> | null {
    this.openMissing();
    let chosen: CallLane<Request, Response> | null = null;
    for (const lane of this.lanes)
      if (lane.stands && (chosen === null || lane.pendingCount < chosen.pendingCount)) chosen = lane;
    return chosen && chosen.call(request, options);
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const lane of this.lanes) lane.cancel();
  }

  private openMissing(): void {
    if (this.closed || performance.now() < this.pausedUntilMs) return;
    while (this.lanes.size < (this.options.count ?? COUNT)) this.add();
  }

  private add(): void {
    const { open, count = COUNT, ageMaxMs = AGE_MAX_MS } = this.options;
    const lane = new CallLane(open());
    this.lanes.add(lane);
    // Not all at once: while one is replaced, another stands.
    const ageMs = ageMaxMs * (1 - (0.5 * (this.openedCount % count)) / count);
    this.openedCount += 1;
    const timer = setTimeout(() => {
      this.lanes.delete(lane);
      lane.retire();
    }, ageMs);
    timer.unref();
    this.timers.add(timer);
    void lane.ended.then((error) => {
      clearTimeout(timer);
      this.timers.delete(timer);
      this.lanes.delete(lane);
      this.pauseAfter(error);
    });
  }

  /** A service that is away, or too old to know of lanes, is not asked for one at every request. */
  private pauseAfter(error: ServiceError | null): void {
    if (error === null) {
      this.reopenMs = REOPEN_FIRST_MS;
      return;
    }
    if (error.code === status.UNIMPLEMENTED) this.reopenMs = REOPEN_MAX_MS;
    this.pausedUntilMs = performance.now() + this.reopenMs;
    this.reopenMs = Math.min(REOPEN_MAX_MS, 2 * this.reopenMs);
  }
}
