import { reasonOf } from '@winnow/domain';
import type { Clock } from '@winnow/domain';
import { EvaluationFailed, evaluationKey } from '@winnow/tuning';
import type { EvaluationQueue, EvaluationRecord, EvaluationRequest, StudyPlan } from '@winnow/tuning';

/** A plan, where its evaluations are made, and when to stop. */
export interface StudyRunOptions {
  readonly plan: StudyPlan;
  readonly queue: EvaluationQueue;
  readonly trialCount: number;
  /** Evaluations side by side. */
  readonly parallel: number;
  /** Nothing begins after this. */
  readonly deadlineMs: number;
  readonly records: () => readonly EvaluationRecord[];
  readonly onRecord: (record: EvaluationRecord) => void;
  readonly onProgress: (request: EvaluationRequest, fraction: number, note: string) => void;
  readonly clock: Clock;
  /** Aborted: what runs is given up, and is made again when the study goes on. */
  readonly signal: AbortSignal;
}

/** Why a run of the study ended; after the last two the same command goes on. */
export type StudyEnd = 'done' | 'out-of-time' | 'stopped';

/**
 * Makes evaluations, as many side by side as allowed, until the plan has none left. Trials that fail are recorded; when the
 * queue fails, or the present settings do, the study ends here and can go on later.
 */
export async function runStudy(options: StudyRunOptions): Promise<StudyEnd> {
  const { plan, trialCount, parallel, clock, signal } = options;
  const running = new Map<string, Promise<void>>();
  const begin = (request: EvaluationRequest): void => {
    const key = evaluationKey(request);
    running.set(
      key,
      evaluate(request, options).finally(() => running.delete(key)),
    );
  };
  try {
    for (;;) {
      if (signal.aborted) return 'stopped';
      const late = clock.nowMs() >= options.deadlineMs;
      const step = plan.next({ records: options.records(), running: new Set(running.keys()), trialCount });
      if (typeof step === 'object' && !late && running.size < parallel) begin(step);
      else if (running.size > 0) await Promise.race(running.values());
      else return step === 'done' ? 'done' : 'out-of-time';
    }
  } finally {
    await Promise.allSettled(running.values());
  }
}

/** One evaluation, recorded whether it succeeds or fails, but not when it is given up. */
async function evaluate(request: EvaluationRequest, options: StudyRunOptions): Promise<void> {
  const { queue, clock, signal, onRecord, onProgress } = options;
  const startedAtMs = clock.nowMs();
  const startedMonotonicMs = clock.monotonicMs();
  const record = (found: Pick<EvaluationRecord, 'objective' | 'metrics' | 'reason'>): void =>
    onRecord({
      ...request,
      ...found,
      startedAtMs,
      durationMs: Math.round(clock.monotonicMs() - startedMonotonicMs),
    });
  try {
    const { objective, metrics } = await queue.evaluate(request, {
      onProgress: (fraction, note) => onProgress(request, fraction, note),
      signal,
    });
    record({ objective, metrics });
  } catch (thrown) {
    if (signal.aborted) return;
    if (!(thrown instanceof EvaluationFailed) || request.trial === 0) throw thrown;
    record({ objective: null, metrics: {}, reason: reasonOf(thrown) });
  }
}
