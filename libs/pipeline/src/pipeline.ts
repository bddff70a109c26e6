import type { StageError } from '@winnow/domain';
import type {
  Backfill,
  CandidateHydrator,
  CandidateSource,
  Filter,
  Merger,
  QueryHydrator,
  Reranker,
  Scorer,
  Selector,
  SideEffect,
} from './components';

/** Milliseconds per stage; each is cut when less is left of the request. Hydrators of candidates and scorers carry their own. */
export interface PipelineBudgets {
  readonly hydrateMs: number;
  readonly retrieveMs: number;
  readonly filterMs: number;
  readonly rerankMs: number;
}

/** A funnel: ordered lists of named parts. The order of the fields is the order in which they run. */
export interface Pipeline<Q, C, S> {
  readonly name: string;
  readonly budgets: PipelineBudgets;
  /** What makes a candidate itself; also what breaks ties between equal scores, smaller first. */
  keyOf(candidate: C): number;
  scoreOf(candidate: C): number;
  /** A failure that no policy may turn into a degradation, because the caller will run the request anew. */
  isFatal?(error: StageError, query: Q): boolean;

  readonly queryHydrators: readonly QueryHydrator<Q>[];
  readonly sources: readonly CandidateSource<Q, C>[];
  readonly merger: Merger<Q, C>;
  readonly candidateHydrators: readonly CandidateHydrator<Q, C>[];
  readonly filters: readonly Filter<Q, C>[];
  readonly backfill: Backfill<Q, C> | null;
  readonly scorers: readonly Scorer<Q, C>[];
  readonly selector: Selector<Q, C>;
  readonly rerankers: readonly Reranker<Q, C>[];
  readonly sideEffects: readonly SideEffect<Q, S>[];
}
