export { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker';
export { ComponentHealth, type ComponentHealthOptions } from './component-health';
export type {
  Backfill,
  CandidateHydrator,
  CandidateSource,
  Component,
  Filter,
  FilterOutcome,
  Merger,
  QueryHydrator,
  Removed,
  Reranker,
  Retrieval,
  Scorer,
  Selector,
  SideEffect,
  StageContext,
} from './components';
export { describe } from './describe';
export { describePolicy, failsOpen, type FailurePolicy } from './failure-policy';
export {
  silentObserver,
  silentTracer,
  type PipelineObserver,
  type PipelineSpan,
  type PipelineTracer,
  type SpanAttributes,
} from './observer';
export type { Pipeline, PipelineBudgets } from './pipeline';
export { QUALITY_MIN, QualityFactor, type QualityFactorOptions } from './quality-factor';
export {
  degradationOf,
  type Degradation,
  type PipelineRun,
  type RunDiagnostics,
  type StageTiming,
} from './run-report';
export type { RunRequest, RunnerEnvironment } from './run-state';
export { PipelineRunner } from './runner';
export type { Watch, WatchedStep } from './watch';
