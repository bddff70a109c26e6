import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { reasonOf, RETRAINING_STEPS } from '@winnow/domain';
import { BullRetrainingQueue, queuePrefix, STEP_QUEUE } from '@winnow/job-queue';
import { createFileModelRegistry } from '@winnow/model-registry';
import { homeFolders } from '@winnow/platform';

const REQUEST_TIMEOUT_MS = 20_000;
const PAUSE_MS = 200;

/** What became of the runs that were asked for. */
export interface RetrainingCounts {
  readonly publishedRuns: number;
  /** Reasons of runs that failed. */
  readonly failures: readonly string[];
  readonly releaseCount: number;
  /** Whether a run over everything that was tracked came to its end. */
  readonly lastRunPublished: boolean;
}

/** Asks for one retraining after the other while everything dies around it. */
export class Retrainings {
  private readonly queue: BullRetrainingQueue;
  private readonly stopping = new AbortController();
  private readonly failures: string[] = [];
  private done: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      readonly redisUrl: string;
      readonly namespace: string;
      readonly home: string;
    },
  ) {
    const { redisUrl, namespace } = options;
    this.queue = new BullRetrainingQueue({ url: redisUrl, namespace });
  }

  start(): void {
    this.done = this.loop();
  }

  /** Ends the loop, runs once more over all there is, and counts. */
  async finish(deadlineMs: number): Promise<RetrainingCounts> {
    this.stopping.abort();
    await this.done;
    const giveUpAtMs = performance.now() + deadlineMs;
    let lastRunPublished = false;
    while (!lastRunPublished && performance.now() < giveUpAtMs)
      lastRunPublished = await this.once(deadlineMs);
    await this.queue.close();
    const registry = createFileModelRegistry({ folder: homeFolders(this.options.home).registry });
    return {
      publishedRuns: await this.countPublished(),
      failures: this.failures,
      releaseCount: (await registry.list()).length,
      lastRunPublished,
    };
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.once(REQUEST_TIMEOUT_MS * 10);
      await sleep(PAUSE_MS);
    }
  }

  /** By the queue: a request that timed out here may have become a run all the same. */
  private async countPublished(): Promise<number> {
    const { redisUrl: url, namespace } = this.options;
    const steps = new Queue(STEP_QUEUE, { connection: { url }, prefix: queuePrefix(namespace) });
    try {
      const completed = await steps.getCompleted();
      return completed.filter(({ name }) => name === RETRAINING_STEPS[RETRAINING_STEPS.length - 1]).length;
    } finally {
      await steps.close();
    }
  }

  /** Whether the run that was asked for, or that was under way, has published. */
  private async once(watchMs: number): Promise<boolean> {
    try {
      const runId = await this.queue.requestRun(REQUEST_TIMEOUT_MS);
      const outcome = await this.queue.watch(runId, () => {}, AbortSignal.timeout(watchMs));
      if (outcome.state === 'failed') this.failures.push(`${runId}: ${outcome.summary}`);
      return outcome.state === 'published';
    } catch (thrown) {
      // Nobody took the request in time, or Redis was away: asked again.
      this.lastTrouble = reasonOf(thrown);
      await sleep(PAUSE_MS);
      return false;
    }
  }

  /** What the newest request that came to nothing failed with. */
  lastTrouble = '';
}
