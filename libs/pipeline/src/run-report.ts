import type { StageError, StageErrorKind } from '@winnow/domain';

/** What failed open on the way. */
export interface Degradation {
  readonly component: string;
  readonly kind: StageErrorKind;
  readonly reason: string;
}

/** One stage's share of the request: wall time and candidates in and out. */
export interface StageTiming {
  readonly stage: string;
  readonly durationMs: number;
  readonly countIn: number;
  readonly countOut: number;
}

/** What each source found, and where each filter cut: for `explain` and for finding lost positives. */
export interface RunDiagnostics<C> {
  readonly retrieved: readonly { readonly source: string; readonly count: number }[];
  readonly removed: readonly { readonly filter: string; readonly count: number }[];
  /** The whole ranking, selected and reserve, before re-ranking. */
  readonly ranked: readonly C[];
}

/** The outcome of a request: the query as hydrated, candidates in final order, and how it went. */
export interface PipelineRun<Q, C> {
  readonly query: Q;
  /** In final order; the caller cuts it to what was asked for. */
  readonly selected: readonly C[];
  /** In funnel order, one per component. */
  readonly degraded: readonly Degradation[];
  readonly timings: readonly StageTiming[];
  readonly diagnostics: RunDiagnostics<C>;
}

export const degradationOf = ({ component, kind, reason }: StageError): Degradation => ({
  component,
  kind,
  reason,
});
