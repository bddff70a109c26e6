import { ok, type Result, type StageError } from '@winnow/domain';
import { backfillCandidates, filterCandidates } from './filter-phase';
import { rankedByScore } from './invariants';
import type { Pipeline } from './pipeline';
import { hydrateQuery, isEnabled, retrieveCandidates } from './retrieval-phase';
import type { PipelineRun } from './run-report';
import { RunState, type RunnerEnvironment, type RunRequest } from './run-state';
import { hydrateCandidates, scoreCandidates, selectAndRerank, takesPart } from './scoring-phase';

/**
 * The one runner: owns deadlines, parallelism, spans, counts, timings, failure policies and invariants, so that
 * a component makes its one decision and nothing else.
 */
export class PipelineRunner<Q extends object, C, S> {
  readonly #pipeline: Pipeline<Q, C, S>;
  readonly #environment: RunnerEnvironment;

  constructor(pipeline: Pipeline<Q, C, S>, environment: RunnerEnvironment) {
    this.#pipeline = pipeline;
    this.#environment = environment;
  }

  /**
   * Runs every stage up to the final order. An error is a stage that failed closed, or a fatal one; anything
   * that failed open is in the run's `degraded`. Throws only on a bug in a component.
   */
  async run({ query, ...request }: RunRequest<Q, C>): Promise<Result<PipelineRun<Q, C>, StageError>> {
    const pipeline = this.#pipeline;
    const state = new RunState<C>(pipeline.name, this.#environment, {
      ...request,
      plannedMs: plannedMs(pipeline),
    });

    const hydrated = await hydrateQuery(pipeline, state, query);
    if (!hydrated.ok) return hydrated;
    state.closeStage('hydrate', 0, 0);

    const retrieved = await retrieveCandidates(pipeline, state, hydrated.value);
    if (!retrieved.ok) return retrieved;
    state.closeStage('retrieve', 0, retrieved.value.candidates.length);

    const eligible = await this.#narrow(state, retrieved.value);
    if (!eligible.ok) return eligible;

    const ranked = await this.#rank(state, { query: retrieved.value.query, candidates: eligible.value });
    if (!ranked.ok) return ranked;

    state.beginStage(pipeline.budgets.rerankMs);
    const selected = selectAndRerank(pipeline, state, {
      query: retrieved.value.query,
      candidates: ranked.value,
    });
    state.closeStage('rerank', ranked.value.length, selected.length);
    return ok({
      query: retrieved.value.query,
      selected,
      degraded: state.degraded,
      timings: state.timings,
      diagnostics: { retrieved: state.retrieved, removed: state.removed, ranked: ranked.value },
    });
  }

  /** Runs side effects one after the other; call it once the reply is out. Never rejects for a failing effect. */
  async runSideEffects(query: Q, served: S): Promise<void> {
    for (const effect of this.#pipeline.sideEffects) {
      if (!isEnabled(effect, query)) continue;
      const result = await effect.run(query, served);
      if (!result.ok)
        this.#environment.observer.sideEffectFailed?.(this.#pipeline.name, effect.name, result.error);
    }
  }

  async #narrow(
    state: RunState<C>,
    { query, candidates }: { readonly query: Q; readonly candidates: readonly C[] },
  ): Promise<Result<readonly C[], StageError>> {
    const pipeline = this.#pipeline;
    let current = candidates;
    for (const hydrator of pipeline.candidateHydrators.filter((one) => isEnabled(one, query))) {
      const hydrated = await hydrateCandidates(pipeline, state, { hydrator, query, candidates: current });
      if (!hydrated.ok) return hydrated;
      current = hydrated.value;
      state.closeStage(hydrator.name, current.length, current.length);
    }
    state.beginStage(pipeline.budgets.filterMs);
    const kept = filterCandidates(pipeline, state, {
      ...{ query, candidates: current },
      watch: state.request.watch,
    });
    if (!kept.ok) return kept;
    const filled = backfillCandidates(pipeline, state, { query, candidates: kept.value });
    if (!filled.ok) return filled;
    state.closeStage('filter', current.length, filled.value.length);
    return filled;
  }

  async #rank(
    state: RunState<C>,
    { query, candidates }: { readonly query: Q; readonly candidates: readonly C[] },
  ): Promise<Result<readonly C[], StageError>> {
    const pipeline = this.#pipeline;
    let ranked: readonly C[] = rankedByScore(
      candidates,
      (candidate) => pipeline.scoreOf(candidate),
      (candidate) => pipeline.keyOf(candidate),
    );
    for (const scorer of pipeline.scorers) {
      if (!takesPart(scorer, { query, candidates: ranked })) continue;
      const scored = await scoreCandidates(pipeline, state, { scorer, query, candidates: ranked });
      if (!scored.ok) return scored;
      ranked = scored.value;
    }
    return ok(ranked);
  }
}

/** All stages' budgets together. */
function plannedMs<Q, C, S>({ budgets, candidateHydrators, scorers }: Pipeline<Q, C, S>): number {
  const { hydrateMs, retrieveMs, filterMs, rerankMs } = budgets;
  return [...candidateHydrators, ...scorers].reduce(
    (sum, { budgetMs }) => sum + budgetMs,
    hydrateMs + retrieveMs + filterMs + rerankMs,
  );
}
