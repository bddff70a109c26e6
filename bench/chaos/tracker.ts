import { setTimeout as sleep } from 'node:timers/promises';
import { eventV1 } from '@winnow/contracts';
import { reasonOf } from '@winnow/domain';
import type { TrackingChannel } from './tracking-channel';
import type { Workload } from './workload';

const { EventStatus } = eventV1;

const RETRY_FIRST_MS = 20;
const RETRY_LONGEST_MS = 500;
/** A repeat follows its first sending after this many batches. */
const REPEAT_AFTER_BATCHES = 10;

export interface TrackerOptions {
  readonly workload: Workload;
  readonly channels: readonly TrackingChannel[];
  readonly batchSize: number;
  /** Batches that one channel has under way at once. */
  readonly inFlightCount: number;
  /** Called with the number of different events acknowledged so far. */
  readonly onAcknowledged: (count: number) => void;
}

/** Sends the whole workload at full speed, each batch again with the same event ids until it is acknowledged. */
export class Tracker {
  /** When each event was first acknowledged, on the clock of `performance.now()`; NaN while it is not. */
  readonly acknowledgedAtMs: Float64Array;
  /** When the call that acknowledged it was sent. */
  readonly sentAtMs: Float64Array;
  /** Of the calls that were acknowledged. */
  readonly callLatenciesMs: number[] = [];
  readonly failures = new Map<string, number>();
  acknowledgedCount = 0;
  rejectedCount = 0;
  /** From a batch's first sending to its acknowledgement, outages included. */
  longestWaitMs = 0;
  private readonly batches: readonly Uint32Array[];
  private nextBatch = 0;

  constructor(private readonly options: TrackerOptions) {
    const { workload, batchSize } = options;
    this.acknowledgedAtMs = new Float64Array(workload.count).fill(NaN);
    this.sentAtMs = new Float64Array(workload.count).fill(NaN);
    this.batches = batchesOf(workload, batchSize);
  }

  async run(): Promise<void> {
    const { channels, inFlightCount } = this.options;
    const lanes = channels.flatMap((channel) => Array.from({ length: inFlightCount }, () => channel));
    await Promise.all(lanes.map((channel) => this.sendAll(channel)));
  }

  private async sendAll(channel: TrackingChannel): Promise<void> {
    while (this.nextBatch < this.batches.length) {
      const rows = this.batches[this.nextBatch];
      this.nextBatch += 1;
      await this.sendUntilAcknowledged(channel, rows);
    }
  }

  private async sendUntilAcknowledged(channel: TrackingChannel, rows: Uint32Array): Promise<void> {
    const events = Array.from(rows, (row) => this.options.workload.event(row));
    const firstSentAtMs = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      const sentAtMs = performance.now();
      try {
        this.take(rows, { verdicts: await channel.track(events), sentAtMs });
        this.callLatenciesMs.push(performance.now() - sentAtMs);
        this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - firstSentAtMs);
        return;
      } catch (thrown) {
        // The first words name the status; what follows differs from call to call.
        const kind = reasonOf(thrown).split(':')[0];
        this.failures.set(kind, (this.failures.get(kind) ?? 0) + 1);
      }
      await sleep(
        Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2),
      );
    }
  }

  private take(
    rows: Uint32Array,
    { verdicts, sentAtMs }: { readonly verdicts: readonly eventV1.EventVerdict[]; readonly sentAtMs: number },
  ): void {
    const nowMs = performance.now();
    rows.forEach((row, index) => {
      if (verdicts[index].status === EventStatus.EVENT_STATUS_REJECTED) {
        this.rejectedCount += 1;
        return;
      }
      if (!Number.isNaN(this.acknowledgedAtMs[row])) return;
      this.acknowledgedAtMs[row] = nowMs;
      this.sentAtMs[row] = sentAtMs;
      this.acknowledgedCount += 1;
    });
    this.options.onAcknowledged(this.acknowledgedCount);
  }
}

/** The rows in order, cut into batches; repeats travel in a later one. */
function batchesOf({ count, repeated }: Workload, batchSize: number): Uint32Array[] {
  const firstCount = Math.ceil(count / batchSize);
  return Array.from({ length: firstCount + REPEAT_AFTER_BATCHES }, (_, index) => {
    const rows: number[] = [];
    const from = index * batchSize;
    for (let row = from; row < Math.min(count, from + batchSize); row += 1) rows.push(row);
    const earlier = (index - REPEAT_AFTER_BATCHES) * batchSize;
    for (let row = Math.max(0, earlier); row < Math.min(count, earlier + batchSize); row += 1)
      if (repeated[row] === 1) rows.push(row);
    return Uint32Array.from(rows);
  }).filter((rows) => rows.length > 0);
}
