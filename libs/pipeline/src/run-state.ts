import type { Clock, StageError } from '@winnow/domain';
import type { ComponentHealth } from './component-health';
import type { Watch } from './watch';
import type { PipelineObserver, PipelineTracer } from './observer';
import { degradationOf, type Degradation, type StageTiming } from './run-report';

/** What every run shares. */
export interface RunnerEnvironment {
  readonly clock: Clock;
  readonly health: ComponentHealth;
  readonly tracer: PipelineTracer;
  readonly observer: PipelineObserver;
}

/** What one request brings. */
export interface RunRequest<Q, C = never> {
  readonly query: Q;
  readonly requestId: string;
  /** Monotonic; `Infinity` for offline runs. */
  readonly deadlineAtMs: number;
  /** Aborted when the caller hangs up. */
  readonly signal?: AbortSignal;
  /** Further narrowing of every scorer's candidate count under load, in (0, 1]. */
  readonly loadFactor?: number;
  readonly watch?: Watch<C>;
}

/** Collects one run's report. Stage timings are contiguous, so that together they explain the request's latency. */
export class RunState<C = never> {
  readonly degraded: Degradation[] = [];
  readonly timings: StageTiming[] = [];
  readonly retrieved: { source: string; count: number }[] = [];
  readonly removed: { filter: string; count: number }[] = [];
  #markMs: number;
  /** Budgets of the stages that have not begun. */
  #plannedMs: number;

  constructor(
    readonly pipeline: string,
    readonly environment: RunnerEnvironment,
    readonly request: Omit<RunRequest<unknown, C>, 'query'> & { readonly plannedMs: number },
  ) {
    this.#plannedMs = request.plannedMs;
    this.#markMs = environment.clock.monotonicMs();
  }

  /** Closes the stage that began where the one before it ended. */
  closeStage(stage: string, countIn: number, countOut: number): void {
    const nowMs = this.environment.clock.monotonicMs();
    const timing = { stage, durationMs: nowMs - this.#markMs, countIn, countOut };
    this.#markMs = nowMs;
    this.timings.push(timing);
    this.environment.observer.stageFinished?.(this.pipeline, timing);
  }

  degrade(error: StageError): void {
    if (this.degraded.some(({ component }) => component === error.component)) return;
    const degradation = degradationOf(error);
    this.degraded.push(degradation);
    this.environment.observer.degraded?.(this.pipeline, degradation);
  }

  countRemoved(filter: string, count: number): void {
    const entry = this.removed.find((one) => one.filter === filter);
    if (entry) entry.count += count;
    else this.removed.push({ filter, count });
    if (count > 0) this.environment.observer.removed?.(this.pipeline, filter, count);
  }

  /**
   * Begins a stage and returns its monotonic end: its budget, or, when less time is left than all stages still to
   * come would like, its share of what is left, so that an early stage that hangs leaves something for the others.
   */
  beginStage(budgetMs: number): number {
    const nowMs = this.environment.clock.monotonicMs();
    const wantedMs = this.#plannedMs;
    this.#plannedMs -= budgetMs;
    if (!Number.isFinite(this.request.deadlineAtMs) || !Number.isFinite(wantedMs))
      return Math.min(this.request.deadlineAtMs, nowMs + budgetMs);
    const remainingMs = Math.max(0, this.request.deadlineAtMs - nowMs);
    return nowMs + budgetMs * Math.min(1, remainingMs / Math.max(wantedMs, budgetMs));
  }
}
