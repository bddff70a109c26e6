import { randomUUID } from 'node:crypto';
import { FlowProducer, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { RETRAINING_STEPS } from '@winnow/domain';
import type { RetrainingQueue, RetrainingRequest, RunOutcome, StepProgress } from '@winnow/domain';
import { queueConnection, queuePrefix } from './connection';
import { LAST_STEP, retrainingFlow, SCHEDULER_ID, START_QUEUE, STEP_QUEUE, stepJobId } from './flow';
import type { RetryPolicy, StepJobData } from './flow';

export interface RetrainingQueueOptions {
  readonly url: string;
  readonly namespace: string;
  readonly retry?: RetryPolicy;
}

export const DEFAULT_RETRY: RetryPolicy = { attemptsMax: 3, backoffMs: 5_000 };

const POLL_INTERVAL_MS = 500;
const REGISTRAR_LOCK_SECONDS = 30;
/** A producer that dies while it adds a run keeps the others out for this long. */
const ENQUEUE_LOCK_MS = 10_000;
const ENQUEUE_RETRY_MS = 50;

/** Producer's side of retraining on BullMQ. */
export class BullRetrainingQueue implements RetrainingQueue {
  private readonly url: string;
  private readonly connection: Redis;
  private readonly prefix: string;
  private readonly flows: FlowProducer;
  private readonly starts: Queue;
  private readonly steps: Queue<StepJobData>;
  private readonly retry: RetryPolicy;
  private readonly activeKey: string;
  private readonly registrarKey: string;
  private readonly enqueueKey: string;

  constructor(options: RetrainingQueueOptions) {
    this.url = options.url;
    this.connection = queueConnection(options.url, 'producer');
    this.prefix = queuePrefix(options.namespace);
    this.retry = options.retry ?? DEFAULT_RETRY;
    this.activeKey = `${options.namespace}:retraining:active-run`;
    this.enqueueKey = `${options.namespace}:retraining:enqueue`;
    this.registrarKey = `${options.namespace}:retraining:registrar`;
    const shared = { connection: this.connection, prefix: this.prefix };
    this.flows = new FlowProducer(shared);
    this.starts = new Queue(START_QUEUE, shared);
    this.steps = new Queue<StepJobData>(STEP_QUEUE, shared);
    // Without a listener BullMQ prints each error; callers get theirs from the command that failed.
    this.flows.on('error', () => {});
    for (const queue of [this.starts, this.steps]) queue.on('error', () => {});
  }

  /** One at a time in the namespace: two that looked at once would both find nothing under way, and begin two runs. */
  async enqueue(request: RetrainingRequest): Promise<string> {
    const token = randomUUID();
    const giveUpAtMs = performance.now() + 2 * ENQUEUE_LOCK_MS;
    while ((await this.connection.set(this.enqueueKey, token, 'PX', ENQUEUE_LOCK_MS, 'NX')) === null) {
      if (performance.now() > giveUpAtMs)
        throw new Error('another process has been adding a run for too long');
      await new Promise((resolve) => setTimeout(resolve, ENQUEUE_RETRY_MS));
    }
    try {
      return await this.addOrJoin(request);
    } finally {
      if ((await this.connection.get(this.enqueueKey)) === token) await this.connection.del(this.enqueueKey);
    }
  }

  private async addOrJoin(request: RetrainingRequest): Promise<string> {
    const active = await this.connection.get(this.activeKey);
    if (active && active !== request.runId && (await this.outcome(active)) === null) return active;
    if ((await this.outcome(request.runId))?.state === 'failed') await this.forget(request.runId);
    await this.flows.add(retrainingFlow(request, this.retry, this.prefix));
    await this.connection.set(this.activeKey, request.runId);
    return request.runId;
  }

  /** Asks a trainer to begin a run now; resolves with its id. Rejects when no trainer takes the request in time. */
  async requestRun(timeoutMs: number): Promise<string> {
    const events = new QueueEvents(START_QUEUE, {
      connection: queueConnection(this.url, 'worker'),
      prefix: this.prefix,
    });
    events.on('error', () => {});
    try {
      await events.waitUntilReady();
      const job = await this.starts.add(
        'start',
        {},
        { removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } },
      );
      return String(await job.waitUntilFinished(events, timeoutMs));
    } finally {
      await events.close();
    }
  }

  async schedule(cron: string): Promise<void> {
    // Concurrent upserts at boot lose or double schedules, so one process registers and the others find it done.
    const won = await this.connection.set(this.registrarKey, cron, 'EX', REGISTRAR_LOCK_SECONDS, 'NX');
    if (won === null) return;
    try {
      const present = await this.starts.getJobScheduler(SCHEDULER_ID);
      if (present?.pattern === cron) return;
      await this.starts.upsertJobScheduler(
        SCHEDULER_ID,
        { pattern: cron, tz: 'UTC' },
        { name: 'start', opts: { removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } } },
      );
    } finally {
      await this.connection.del(this.registrarKey);
    }
  }

  /** Pattern of the registered schedule, or null. */
  async scheduled(): Promise<{ readonly cron: string; readonly nextAtMs: number } | null> {
    const scheduler = await this.starts.getJobScheduler(SCHEDULER_ID);
    return scheduler?.pattern ? { cron: scheduler.pattern, nextAtMs: scheduler.next ?? 0 } : null;
  }

  async watch(
    runId: string,
    onProgress: (progress: StepProgress) => void,
    signal?: AbortSignal,
  ): Promise<RunOutcome> {
    const events = new QueueEvents(STEP_QUEUE, {
      connection: queueConnection(this.url, 'worker'),
      prefix: this.prefix,
      // From the start of the stream: a run may have begun before anybody watched.
      lastEventId: '0-0',
    });
    events.on('progress', ({ jobId, data }) => {
      if (jobId.startsWith(`${runId}.`)) onProgress(data as unknown as StepProgress);
    });
    events.on('error', () => {});
    try {
      for (;;) {
        const outcome = await this.outcome(runId);
        if (outcome) return outcome;
        signal?.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
      }
    } finally {
      await events.close();
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.flows.close(), this.starts.close(), this.steps.close()]);
    this.connection.disconnect();
  }

  /** Null while the run is under way; a run that nobody knows counts as failed. */
  private async outcome(runId: string): Promise<RunOutcome | null> {
    const last = await this.steps.getJob(stepJobId(runId, LAST_STEP));
    if (!last) return { runId, state: 'failed', summary: `no run ${runId}` };
    const state = await last.getState();
    if (state === 'completed') return { runId, state: 'published', summary: String(last.returnvalue) };
    if (state !== 'failed') return null;
    for (const step of RETRAINING_STEPS) {
      const job = await this.steps.getJob(stepJobId(runId, step));
      if (job && (await job.getState()) === 'failed')
        return { runId, state: 'failed', summary: `${step}: ${job.failedReason}` };
    }
    return { runId, state: 'failed', summary: last.failedReason ?? 'failed' };
  }

  /** A failed run may be asked for again: its jobs go, its finished files stay. */
  private async forget(runId: string): Promise<void> {
    for (const step of [...RETRAINING_STEPS].reverse()) {
      const job = await this.steps.getJob(stepJobId(runId, step));
      await job?.remove().catch(() => undefined);
    }
  }
}
