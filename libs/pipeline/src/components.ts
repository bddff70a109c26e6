import type { Result, StageError } from '@winnow/domain';
import type { FailurePolicy } from './failure-policy';

/** What a component may spend and who is asking. Structurally a `CallContext`, so ports take it as it is. */
export interface StageContext {
  readonly requestId: string;
  /** Monotonic milliseconds after which the runner no longer listens. */
  readonly deadlineAtMs: number;
  /** Aborted at the deadline, when the caller hangs up, and never after the component has answered. */
  readonly signal: AbortSignal;
}

/** One decision of the funnel. Components hold no timing, logging or retry code: the runner has all of it. */
export interface Component<Q> {
  /** Unique within the pipeline; what `degraded` and metrics call it. */
  readonly name: string;
  /** Absent means always. */
  enabled?(query: Q): boolean;
}

/** Learns something about the query. Hydrators run side by side and write different fields. */
export interface QueryHydrator<Q> extends Component<Q> {
  readonly onFailure: FailurePolicy;
  /** Resolves to the fields it fills; on failing open the query keeps what it came with. */
  hydrate(query: Q, context: StageContext): Promise<Result<Partial<Q>, StageError>>;
}

/** What one source found. */
export interface Retrieval<Q, C> {
  /** Best first; an item may come again under another provenance, the merger joins them. */
  readonly candidates: readonly C[];
  /** What the source learned of the query on the way, such as the query tower's output. */
  readonly learned?: Partial<Q>;
}

/** Finds candidates. Sources run side by side. */
export interface CandidateSource<Q, C> extends Component<Q> {
  readonly onFailure: FailurePolicy;
  /** Answers from memory, at once: asked even when no time is left, and needs no circuit breaker. */
  readonly inMemory?: boolean;
  retrieve(query: Q, context: StageContext): Promise<Result<Retrieval<Q, C>, StageError>>;
  /** Candidates from memory that step in when the source has failed open. */
  standIn?(query: Q): readonly C[];
}

/** Makes one list of all sources' lists: the same item of several sources becomes one candidate. */
export interface Merger<Q, C> extends Component<Q> {
  merge(query: Q, lists: readonly (readonly C[])[]): readonly C[];
}

/** Fills in fields of candidates, aligned by index with its input. */
export interface CandidateHydrator<Q, C> extends Component<Q> {
  readonly onFailure: FailurePolicy;
  readonly budgetMs: number;
  hydrate(
    query: Q,
    candidates: readonly C[],
    context: StageContext,
  ): Promise<Result<readonly C[], StageError>>;
}

/** A candidate that a filter took out, and why. */
export interface Removed<C> {
  readonly candidate: C;
  readonly reason: string;
}

/** Kept and removed together are exactly the input; kept stays in the input's order. */
export interface FilterOutcome<C> {
  readonly kept: readonly C[];
  readonly removed: readonly Removed<C>[];
}

/**
 * Takes candidates out: synchronous, from memory. A filter that fails fails the request: what it would have
 * removed must not be served.
 */
export interface Filter<Q, C> extends Component<Q> {
  apply(query: Q, candidates: readonly C[]): Result<FilterOutcome<C>, StageError>;
}

/** More candidates from memory, for when filters left too few. Goes through the same filters. */
export interface Backfill<Q, C> extends Component<Q> {
  /** How many candidates there should be before scoring. */
  wantedCount(query: Q): number;
  /** Best first; the runner drops those already there. Bounded. */
  candidates(query: Q): readonly C[];
}

/** Scores candidates; the runner sorts by the new score, ties broken by key. */
export interface Scorer<Q, C> extends Component<Q> {
  /** The timing's name: `light-rank`, `heavy-rank`. */
  readonly stage: string;
  readonly onFailure: FailurePolicy;
  readonly budgetMs: number;
  /** The best this many are scored (times the quality factor); the others stay behind them, in order. */
  readonly candidateCountMax: number;
  /** The same candidates in the same order, each with a finite score. */
  score(query: Q, candidates: readonly C[], context: StageContext): Promise<Result<readonly C[], StageError>>;
}

/** Splits the ranking into what re-rankers may reorder and what is held back. */
export interface Selector<Q, C> extends Component<Q> {
  select(query: Q, ranked: readonly C[]): { readonly selected: readonly C[]; readonly reserve: readonly C[] };
}

/** Reorders: a permutation, nothing added, nothing lost. */
export interface Reranker<Q, C> extends Component<Q> {
  rerank(query: Q, candidates: readonly C[]): readonly C[];
}

/** Runs after the reply has gone; its failure is counted and nothing else. */
export interface SideEffect<Q, S> extends Component<Q> {
  run(query: Q, served: S): Promise<Result<void, StageError>>;
}
