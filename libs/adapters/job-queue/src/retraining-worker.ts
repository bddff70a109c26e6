import { UnrecoverableError, Worker } from 'bullmq';
import type { Job } from 'bullmq';
import { PoisonError, reasonOf } from '@winnow/domain';
import type { RetrainingWorker, StepAttempt, StepHandler, StepProgress } from '@winnow/domain';
import { queueConnection, queuePrefix } from './connection';
import { LAST_STEP, START_QUEUE, STEP_QUEUE } from './flow';
import type { StepJobData } from './flow';

export interface RetrainingWorkerOptions {
  readonly url: string;
  readonly namespace: string;
  readonly handleStep: StepHandler;
  /** Called when the schedule says that it is time; adds the run to the queue. */
  readonly handleStart: () => Promise<string>;
  /**
   * Called once the queue knows that a run's last step is done. Not sooner: a worker that is killed before has its step done
   * again, which needs the run's files.
   */
  readonly onPublished?: (runId: string) => void;
  /** A worker that dies holds its step this long. */
  readonly lockDurationMs?: number;
  readonly onFailure?: (failure: {
    readonly step: string;
    readonly reason: string;
    readonly final: boolean;
  }) => void;
}

const DEFAULT_LOCK_DURATION_MS = 60_000;
const STALLED_CHECKS_PER_LOCK = 2;
/** A step that takes its worker down this often is poison. */
const STALLED_COUNT_MAX = 3;

/** Consumer's side of retraining on BullMQ: one step at a time. */
export function startRetrainingWorker(options: RetrainingWorkerOptions): RetrainingWorker {
  const lockDuration = options.lockDurationMs ?? DEFAULT_LOCK_DURATION_MS;
  const connection = queueConnection(options.url, 'worker');
  const shared = { connection, prefix: queuePrefix(options.namespace), lockDuration };
  const stopping = new AbortController();

  const steps = new Worker<StepJobData, string>(
    STEP_QUEUE,
    (job) => runStep(job, options.handleStep, stopping.signal),
    {
      ...shared,
      concurrency: 1,
      stalledInterval: Math.ceil(lockDuration / STALLED_CHECKS_PER_LOCK),
      maxStalledCount: STALLED_COUNT_MAX,
    },
  );
  const starts = new Worker(START_QUEUE, () => options.handleStart(), { ...shared, concurrency: 1 });

  steps.on('completed', ({ name, data }) => {
    if (name === LAST_STEP) options.onPublished?.(data.request.runId);
  });
  for (const worker of [steps, starts]) {
    worker.on('error', () => {});
    worker.on('failed', (job, error) => {
      const final =
        !job || error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
      options.onFailure?.({ step: job?.name ?? 'unknown', reason: error.message, final });
    });
  }

  return {
    async stop(graceMs) {
      stopping.abort();
      const closed = Promise.allSettled([steps.close(), starts.close()]);
      const grace = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
      await Promise.race([closed, grace]);
      await Promise.race([
        Promise.allSettled([steps.close(true), starts.close(true)]),
        new Promise((resolve) => setTimeout(resolve, 1_000).unref()),
      ]);
      connection.disconnect();
    },
  };
}

async function runStep(
  job: Job<StepJobData, string>,
  handle: StepHandler,
  signal: AbortSignal,
): Promise<string> {
  const { request, step } = job.data;
  const attempt: StepAttempt = {
    request,
    step,
    attempt: job.attemptsStarted,
    signal,
    progress(fraction, note) {
      const progress: StepProgress = { step, fraction, note };
      job.updateProgress(progress).catch(() => undefined);
    },
  };
  try {
    return await handle(attempt);
  } catch (thrown) {
    if (thrown instanceof PoisonError) throw new UnrecoverableError(reasonOf(thrown));
    throw thrown;
  }
}
