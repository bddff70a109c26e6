import type { StageError } from '@winnow/domain';
import type { Degradation, StageTiming } from './run-report';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** The part of a span that the runner writes to. */
export interface PipelineSpan {
  set(attributes: SpanAttributes): void;
}

/** Where spans go. An adapter to OpenTelemetry is a few lines in whoever runs the pipeline. */
export interface PipelineTracer {
  /** Runs `work` inside a span that ends when the returned promise settles. */
  span<T>(name: string, attributes: SpanAttributes, work: (span: PipelineSpan) => Promise<T>): Promise<T>;
}

/** Where counts and timings go. Called on the request path: must not block or throw. */
export interface PipelineObserver {
  stageFinished?(pipeline: string, timing: StageTiming): void;
  /** One call to a component that can fail has ended. */
  componentFinished?(
    pipeline: string,
    call: { readonly component: string; readonly durationMs: number; readonly error: StageError | null },
  ): void;
  degraded?(pipeline: string, degradation: Degradation): void;
  removed?(pipeline: string, filter: string, count: number): void;
  sideEffectFailed?(pipeline: string, component: string, error: StageError): void;
}

/** Traces nothing. */
export const silentTracer: PipelineTracer = {
  span: (_name, _attributes, work) => work({ set: () => {} }),
};

/** Observes nothing. */
export const silentObserver: PipelineObserver = {};
