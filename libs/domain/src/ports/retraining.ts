/** The steps of one retraining run, in order; each one is a job of its own. */
export const RETRAINING_STEPS = [
  'dataset',
  'two-tower',
  'index',
  'heavy',
  'light',
  'evaluate',
  'gate',
  'publish',
] as const;

export type RetrainingStep = (typeof RETRAINING_STEPS)[number];

/** One run of all steps, as it was asked for. */
export interface RetrainingRequest {
  /** Derived from data window, feature set and code version, so that the same work is one run. */
  readonly runId: string;
  readonly requestedBy: 'schedule' | 'person';
  readonly requestedAtMs: number;
}

/** How far a run is, in its step at hand. */
export interface StepProgress {
  readonly step: RetrainingStep;
  /** 0 to 1. */
  readonly fraction: number;
  readonly note: string;
}

/** One attempt at one step. Attempts repeat after a crash: what the step writes must be idempotent. */
export interface StepAttempt {
  readonly request: RetrainingRequest;
  readonly step: RetrainingStep;
  /** 1 for the first. */
  readonly attempt: number;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  progress(fraction: number, note: string): void;
}

/** Returns a one-line summary. Throw `PoisonError` where a retry cannot help. */
export type StepHandler = (attempt: StepAttempt) => Promise<string>;

/** Bad data: retrying gives the same failure, so the job goes to the failed set at once. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
}

/** How a run ended. */
export interface RunOutcome {
  readonly runId: string;
  readonly state: 'published' | 'failed';
  /** The publish step's summary, or the reason of the first failed step. */
  readonly summary: string;
}

/** Producer's side. */
export interface RetrainingQueue {
  /** Adds the run's flow, or joins the one that is already under way; returns its run id. */
  enqueue(request: RetrainingRequest): Promise<string>;
  /** Makes the schedule what `cron` says (five fields, UTC), once for the namespace however many callers there are. */
  schedule(cron: string): Promise<void>;
  /** Resolves when the run has ended. */
  watch(
    runId: string,
    onProgress: (progress: StepProgress) => void,
    signal?: AbortSignal,
  ): Promise<RunOutcome>;
  close(): Promise<void>;
}

/** Consumer's side: runs steps until stopped. */
export interface RetrainingWorker {
  /** Finishes or abandons the step at hand within `graceMs`; an abandoned one is taken up again elsewhere. */
  stop(graceMs: number): Promise<void>;
}
