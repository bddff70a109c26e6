import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { EvaluationFailed, evaluationKey } from '@winnow/tuning';
import type { EvaluationOutcome, EvaluationQueue, EvaluationRequest } from '@winnow/tuning';
import { queueConnection, queuePrefix } from './connection';

export interface EvaluationQueueOptions {
  readonly url: string;
  readonly namespace: string;
  /** Every study has a queue of its own. */
  readonly study: string;
}

const POLL_INTERVAL_MS = 200;

export const evaluationQueueName = (study: string): string => `tuning-${study}`;

/** What a worker says of an evaluation under way. */
export interface EvaluationProgress {
  readonly fraction: number;
  readonly note: string;
}

/** Producer's side of tuning on BullMQ. */
export class BullEvaluationQueue implements EvaluationQueue {
  private readonly connection: Redis;
  private readonly jobs: Queue<EvaluationRequest, EvaluationOutcome>;
  private readonly buried = new Map<string, string>();

  constructor({ url, namespace, study }: EvaluationQueueOptions) {
    this.connection = queueConnection(url, 'producer');
    this.jobs = new Queue(evaluationQueueName(study), {
      connection: this.connection,
      prefix: queuePrefix(namespace),
    });
    this.jobs.on('error', () => {});
  }

  async evaluate(
    request: EvaluationRequest,
    { onProgress, signal }: Parameters<EvaluationQueue['evaluate']>[1],
  ): Promise<EvaluationOutcome> {
    const jobId = evaluationKey(request);
    await this.jobs.add('evaluate', request, { jobId, attempts: 1 });
    for (;;) {
      signal.throwIfAborted();
      // In this order, so that a job is read after the state that it is taken to be in.
      const state = await this.jobs.getJobState(jobId);
      const job = await this.jobs.getJob(jobId);
      if (!job || state === 'unknown') throw new Error('the evaluation is gone from the queue');
      if (state === 'completed') return job.returnvalue;
      if (state === 'failed') throw new EvaluationFailed(job.failedReason);
      const death = state === 'active' ? this.buried.get(job.processedBy ?? '') : undefined;
      if (death !== undefined) throw new EvaluationFailed(`its process died: ${death}`);
      const progress = job.progress as EvaluationProgress | 0;
      if (typeof progress === 'object') onProgress(progress.fraction, progress.note);
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  }

  bury(worker: string, how: string): void {
    this.buried.set(worker, how);
  }

  async clear(): Promise<void> {
    await this.jobs.obliterate({ force: true });
  }

  async close(): Promise<void> {
    await this.jobs.close().catch(() => undefined);
    this.connection.disconnect();
  }
}
