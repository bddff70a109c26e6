import { err, stageError, type Result, type StageError } from '@winnow/domain';
import type { StageContext } from './components';
import type { PipelineSpan } from './observer';
import type { QualityFactor } from './quality-factor';
import type { RunState } from './run-state';

/** A call with less time than this could only time out. */
const CALL_MS_MIN = 1;

/** A timeout says something about the dependency only when it had at least this share of its budget. */
const FAIR_SHARE_OF_BUDGET = 0.9;

export interface ComponentCall<T> {
  readonly component: string;
  /** Monotonic end of the stage; `Infinity` in offline runs: no timer is set. */
  readonly deadlineAtMs: number;
  /** What the stage is given when nobody is in a hurry. */
  readonly budgetMs: number;
  readonly countIn: number;
  /** Learns from how long the call took. */
  readonly quality?: QualityFactor;
  /** Neither deadline nor circuit breaker apply. */
  readonly inMemory?: boolean;
  /** Candidates in a success, for the span. */
  countOut(value: T): number;
  work(context: StageContext): Promise<Result<T, StageError>>;
}

/**
 * Calls one component until its stage's deadline, behind its circuit breaker and in its own span.
 * When time is up the component's signal is aborted, the result is `timeout`, and whatever arrives later is ignored.
 * Throws what the component throws: that is a bug.
 */
export async function callComponent<T>(
  state: RunState,
  call: ComponentCall<T>,
): Promise<Result<T, StageError>> {
  const { clock, health, observer, tracer } = state.environment;
  const breaker = health.breaker(call.component);
  const { deadlineAtMs } = call;
  const allowedMs = deadlineAtMs - clock.monotonicMs();
  if (call.inMemory) return call.work(memoryContext(state, deadlineAtMs));
  if (allowedMs < CALL_MS_MIN)
    return err(stageError('timeout', call.component, 'not called: no time was left'));
  if (health.adaptive && !breaker.admit())
    return err(
      stageError('dependency', call.component, 'not called: it kept failing, and is tried again soon'),
    );

  const startedAtMs = clock.monotonicMs();
  const finish = (error: StageError | null): void => {
    const durationMs = clock.monotonicMs() - startedAtMs;
    const hungUp = state.request.signal?.aborted ?? false;
    if (error === null) {
      breaker.succeeded();
      call.quality?.observe(durationMs);
    } else if (!hungUp && isSignOfIllness(error, allowedMs, call.budgetMs)) {
      breaker.failed();
      if (error.kind === 'timeout') call.quality?.observeTimeout();
    } else breaker.inconclusive();
    observer.componentFinished?.(state.pipeline, { component: call.component, durationMs, error });
  };
  const attributes = { component: call.component, 'count.in': call.countIn };
  return tracer.span(`${state.pipeline}/${call.component}`, attributes, async (span) => {
    try {
      const result = await raceWithDeadline(state, call, { deadlineAtMs, allowedMs });
      finish(result.ok ? null : result.error);
      describeOutcome(span, call, result);
      return result;
    } catch (bug) {
      breaker.inconclusive();
      throw bug;
    }
  });
}

const NEVER_ABORTED = new AbortController().signal;

const memoryContext = (state: RunState, deadlineAtMs: number): StageContext => ({
  requestId: state.request.requestId,
  deadlineAtMs,
  signal: NEVER_ABORTED,
});

function isSignOfIllness(error: StageError, allowedMs: number, budgetMs: number): boolean {
  if (error.kind === 'dependency') return true;
  return error.kind === 'timeout' && allowedMs >= budgetMs * FAIR_SHARE_OF_BUDGET;
}

function describeOutcome<T>(span: PipelineSpan, call: ComponentCall<T>, result: Result<T, StageError>): void {
  if (result.ok) span.set({ 'count.out': call.countOut(result.value) });
  else span.set({ 'error.kind': result.error.kind, 'error.reason': result.error.reason });
}

async function raceWithDeadline<T>(
  state: RunState,
  call: ComponentCall<T>,
  { deadlineAtMs, allowedMs }: { deadlineAtMs: number; allowedMs: number },
): Promise<Result<T, StageError>> {
  const { requestId, signal: callerSignal } = state.request;
  const controller = new AbortController();
  const hangUp = (): void => controller.abort();
  if (callerSignal?.aborted) hangUp();
  callerSignal?.addEventListener('abort', hangUp, { once: true });

  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<Result<T, StageError>>((resolve) => {
    if (!Number.isFinite(allowedMs)) return;
    timer = setTimeout(() => {
      const reason = `no answer within ${Math.round(allowedMs)} ms`;
      resolve(err(stageError('timeout', call.component, reason)));
      controller.abort();
    }, allowedMs);
  });
  const answered = call.work({ requestId, deadlineAtMs, signal: controller.signal });
  // Once the race is lost nobody awaits the answer; its rejection must not end the process.
  answered.catch(() => {});
  try {
    return await Promise.race([answered, timedOut]);
  } finally {
    clearTimeout(timer);
    callerSignal?.removeEventListener('abort', hangUp);
  }
}
