import type { EvaluationRequest } from './study';

/** What an evaluation measured. */
export interface EvaluationOutcome {
  /** Higher is better. */
  readonly objective: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Reports how far an evaluation is, from 0 to 1, in a few words. */
export type OnEvaluationProgress = (fraction: number, note: string) => void;

/** The training or the measuring went wrong: a result of the evaluation, unlike a queue that is away. */
export class EvaluationFailed extends Error {
  override readonly name = 'EvaluationFailed';
}

/** Producer's side: evaluations go to whichever process is free. */
export interface EvaluationQueue {
  /** Rejects with {@link EvaluationFailed} when it fails, with other errors when the queue does or `signal` is aborted. */
  evaluate(
    request: EvaluationRequest,
    options: { readonly onProgress: OnEvaluationProgress; readonly signal: AbortSignal },
  ): Promise<EvaluationOutcome>;
  /** Forgets all evaluations, also those that a killed producer left behind. */
  clear(): Promise<void>;
  /** A worker is gone: what it had in its hands fails. */
  bury(worker: string, how: string): void;
  close(): Promise<void>;
}

/** One evaluation in a worker's hands. */
export interface EvaluationAttempt {
  readonly request: EvaluationRequest;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  readonly progress: OnEvaluationProgress;
}

/** Trains and measures; what it throws fails the evaluation, not the worker. */
export type EvaluationHandler = (attempt: EvaluationAttempt) => Promise<EvaluationOutcome>;

/** Consumer's side: one evaluation at a time, until stopped. */
export interface EvaluationWorker {
  stop(graceMs: number): Promise<void>;
}
