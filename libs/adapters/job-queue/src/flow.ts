import { RETRAINING_STEPS } from '@winnow/domain';
import type { RetrainingRequest, RetrainingStep } from '@winnow/domain';
import type { FlowJob } from 'bullmq';

/** What a step's job carries. */
export interface StepJobData {
  readonly request: RetrainingRequest;
  readonly step: RetrainingStep;
}

/** Names of the two queues: what starts runs, and the steps themselves. */
export const START_QUEUE = 'retraining-start';
export const STEP_QUEUE = 'retraining-steps';
/** Done when a run is. */
export const LAST_STEP = RETRAINING_STEPS[RETRAINING_STEPS.length - 1];
export const SCHEDULER_ID = 'retraining';

export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly backoffMs: number;
}

/** The same run and step always have the same job id, so adding a run twice adds nothing. */
export const stepJobId = (runId: string, step: RetrainingStep): string => `${runId}.${step}`;

/**
 * The run as a BullMQ flow: each step is the only child of the next, so they run in order, and a failed step fails
 * everything after it.
 */
export function retrainingFlow(request: RetrainingRequest, retry: RetryPolicy, prefix: string): FlowJob {
  let flow: FlowJob | undefined;
  for (const step of RETRAINING_STEPS) {
    flow = {
      name: step,
      queueName: STEP_QUEUE,
      prefix,
      data: { request, step } satisfies StepJobData,
      opts: {
        jobId: stepJobId(request.runId, step),
        attempts: retry.attemptsMax,
        backoff: { type: 'exponential', delay: retry.backoffMs },
        removeOnComplete: { count: 200 },
        removeOnFail: { count: 200 },
        ...(step === LAST_STEP ? {} : { failParentOnFailure: true }),
      },
      ...(flow ? { children: [flow] } : {}),
    } as FlowJob;
  }
  return flow as FlowJob;
}
