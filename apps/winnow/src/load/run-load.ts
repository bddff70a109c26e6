import { setTimeout as sleep } from 'node:timers/promises';
import type { recommenderV1 } from '@winnow/contracts';
import { type Clock, reasonOf } from '@winnow/domain';
import { type LatencySummary, summariseLatency } from './latency';

export interface LoadOptions {
  readonly send: (index: number) => Promise<recommenderV1.RecommendResponse>;
  /** Measured requests; the warm-up comes on top. */
  readonly requestCount: number;
  readonly warmUpCount: number;
  /** Requests under way at the same time; 1 is sequential. */
  readonly concurrency: number;
  /**
   * Requests a second, sent by the clock whether or not earlier ones have answered; latencies count from when a
   * request was due, so a stall shows in all of them (no coordinated omission). Absent: as fast as replies come.
   */
  readonly ratePerSecond?: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** Where the time goes, by the replies' own account. */
export interface StageShare {
  readonly stage: string;
  readonly meanMs: number;
  /** Of the mean latency. */
  readonly share: number;
}

export interface LoadReport {
  readonly requestCount: number;
  readonly concurrency: number;
  readonly errorCount: number;
  /** Counts by message. */
  readonly errors: Readonly<Record<string, number>>;
  /** Replies that name each component as degraded. */
  readonly degraded: Readonly<Record<string, number>>;
  readonly emptyCount: number;
  readonly releases: readonly string[];
  readonly throughputPerSecond: number;
  readonly latency: LatencySummary;
  readonly stages: readonly StageShare[];
  /** Sum of the stage timings over the sum of the latencies, 0 to 1. */
  readonly explainedShare: number;
}

/** What one run has seen so far. */
class LoadTally {
  readonly latenciesMs: number[] = [];
  readonly errors: Record<string, number> = {};
  readonly degraded: Record<string, number> = {};
  readonly stageMs = new Map<string, number>();
  readonly releases = new Set<string>();
  emptyCount = 0;

  reply(reply: recommenderV1.RecommendResponse, latencyMs: number): void {
    this.latenciesMs.push(latencyMs);
    if (reply.items.length === 0) this.emptyCount += 1;
    if (reply.release) this.releases.add(reply.release);
    for (const { component } of reply.degraded) increment(this.degraded, component);
    for (const { stage, durationMs } of reply.timings)
      this.stageMs.set(stage, (this.stageMs.get(stage) ?? 0) + durationMs);
  }

  error(thrown: unknown): void {
    increment(this.errors, reasonOf(thrown));
  }

  report(requestCount: number, concurrency: number, elapsedMs: number): LoadReport {
    const answered = this.latenciesMs.length;
    const latencySumMs = this.latenciesMs.reduce((sum, value) => sum + value, 0);
    const stages = [...this.stageMs].map(([stage, sumMs]) => ({
      stage,
      meanMs: sumMs / answered,
      share: sumMs / latencySumMs,
    }));
    return {
      requestCount,
      concurrency,
      errorCount: Object.values(this.errors).reduce((sum, count) => sum + count, 0),
      errors: this.errors,
      degraded: this.degraded,
      emptyCount: this.emptyCount,
      releases: [...this.releases],
      throughputPerSecond: (answered / elapsedMs) * 1_000,
      latency: summariseLatency(this.latenciesMs),
      stages,
      explainedShare: stages.reduce((sum, { share }) => sum + share, 0),
    };
  }
}

const increment = (counts: Record<string, number>, key: string): void => {
  counts[key] = (counts[key] ?? 0) + 1;
};

/** Sends the load and reports; errors are counted, never thrown. An abort ends it early with what there is. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  const { clock, concurrency, requestCount, warmUpCount, signal } = options;
  for (let index = 0; index < warmUpCount && !signal?.aborted; index += 1)
    await options.send(index).catch(() => undefined);
  const tally = new LoadTally();
  const startedAt = clock.monotonicMs();
  const once = async (index: number, dueAt: number): Promise<void> => {
    try {
      const reply = await options.send(index);
      tally.reply(reply, clock.monotonicMs() - dueAt);
    } catch (thrown) {
      tally.error(thrown);
    }
    options.onProgress?.(index + 1);
  };
  const sent = options.ratePerSecond ? await sendByClock(options, once) : await sendInTurn(options, once);
  return tally.report(Math.min(sent, requestCount), concurrency, clock.monotonicMs() - startedAt);
}

type SendOnce = (index: number, dueAt: number) => Promise<void>;

async function sendInTurn(
  { clock, concurrency, requestCount, signal }: LoadOptions,
  once: SendOnce,
): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requestCount && !signal?.aborted) {
      const index = next;
      next += 1;
      await once(index, clock.monotonicMs());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return next;
}

async function sendByClock(
  { clock, ratePerSecond, requestCount, signal }: LoadOptions,
  once: SendOnce,
): Promise<number> {
  const startedAt = clock.monotonicMs();
  const underWay: Promise<void>[] = [];
  let sent = 0;
  for (; sent < requestCount && !signal?.aborted; sent += 1) {
    const dueAt = startedAt + (sent * 1_000) / ratePerSecond!;
    const waitMs = dueAt - clock.monotonicMs();
    if (waitMs > 0) await sleep(waitMs);
    underWay.push(once(sent, dueAt));
  }
  await Promise.all(underWay);
  return sent;
}
