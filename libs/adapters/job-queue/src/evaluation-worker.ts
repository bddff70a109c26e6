import { Worker } from 'bullmq';
import type {
  EvaluationHandler,
  EvaluationOutcome,
  EvaluationRequest,
  EvaluationWorker,
} from '@winnow/tuning';
import { queueConnection, queuePrefix } from './connection';
import { evaluationQueueName } from './evaluation-queue';
import type { EvaluationProgress, EvaluationQueueOptions } from './evaluation-queue';

export interface EvaluationWorkerOptions extends EvaluationQueueOptions {
  readonly handle: EvaluationHandler;
  /** By which a producer can bury it. */
  readonly name: string;
}

/** Longer than any stretch of counting in which nothing else gets a turn: that a worker died its producer sees. */
const LOCK_DURATION_MS = 3_600_000;
const PROGRESS_INTERVAL_MS = 200;

/** Consumer's side of tuning on BullMQ: one evaluation at a time. */
export function startEvaluationWorker(options: EvaluationWorkerOptions): EvaluationWorker {
  const connection = queueConnection(options.url, 'worker');
  const stopping = new AbortController();
  const worker = new Worker<EvaluationRequest, EvaluationOutcome>(
    evaluationQueueName(options.study),
    (job) => {
      let saidAtMs = -Infinity;
      return options.handle({
        request: job.data,
        signal: stopping.signal,
        progress(fraction, note) {
          if (performance.now() - saidAtMs < PROGRESS_INTERVAL_MS) return;
          saidAtMs = performance.now();
          job.updateProgress({ fraction, note } satisfies EvaluationProgress).catch(() => undefined);
        },
      });
    },
    {
      connection,
      prefix: queuePrefix(options.namespace),
      name: options.name,
      lockDuration: LOCK_DURATION_MS,
      maxStalledCount: 0,
      concurrency: 1,
    },
  );
  worker.on('error', () => {});
  return {
    async stop(graceMs) {
      stopping.abort(new Error('stopped'));
      const grace = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
      await Promise.race([worker.close(), grace]);
      await Promise.race([worker.close(true), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
      connection.disconnect();
    },
  };
}
