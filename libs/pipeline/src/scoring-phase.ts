import { ok, type Result, type StageError } from '@winnow/domain';
import { callComponent } from './component-call';
import type { CandidateHydrator, Scorer } from './components';
import { assertAligned, assertFinite, assertPermutation, rankedByScore } from './invariants';
import type { Pipeline } from './pipeline';
import { QUALITY_MIN } from './quality-factor';
import { isEnabled, survives } from './retrieval-phase';
import type { RunState } from './run-state';

interface Candidates<Q, C> {
  readonly query: Q;
  readonly candidates: readonly C[];
}

/** Runs one candidate hydrator; failing open leaves the candidates as they are. */
export async function hydrateCandidates<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  { hydrator, query, candidates }: Candidates<Q, C> & { readonly hydrator: CandidateHydrator<Q, C> },
): Promise<Result<readonly C[], StageError>> {
  const result = await callComponent(state, {
    component: hydrator.name,
    budgetMs: hydrator.budgetMs,
    deadlineAtMs: state.beginStage(hydrator.budgetMs),
    countIn: candidates.length,
    work: (context) => hydrator.hydrate(query, candidates, context),
    countOut: (hydrated) => hydrated.length,
  });
  if (!result.ok) {
    const survived = survives(pipeline, state, { error: result.error, policy: hydrator.onFailure, query });
    return survived ? ok(candidates) : result;
  }
  assertAligned(hydrator.name, candidates, result.value, (candidate) => pipeline.keyOf(candidate));
  return result;
}

/**
 * Scores the best of a ranked list and sorts them anew; those not scored stay behind them in their order.
 * How many are scored is the scorer's bound, times its quality factor, times the load factor.
 */
export async function scoreCandidates<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  { scorer, query, candidates }: Candidates<Q, C> & { readonly scorer: Scorer<Q, C> },
): Promise<Result<readonly C[], StageError>> {
  const { health } = state.environment;
  const quality = health.quality(scorer.name, scorer.budgetMs);
  const factor = health.adaptive ? Math.max(QUALITY_MIN, quality.value * (state.request.loadFactor ?? 1)) : 1;
  const scoredCount = Math.min(candidates.length, Math.ceil(scorer.candidateCountMax * factor));
  const head = candidates.slice(0, scoredCount);
  const result = await callComponent(state, {
    component: scorer.name,
    budgetMs: scorer.budgetMs,
    deadlineAtMs: state.beginStage(scorer.budgetMs),
    quality,
    countIn: head.length,
    work: (context) => scorer.score(query, head, context),
    countOut: (scored) => scored.length,
  });
  state.closeStage(scorer.stage, candidates.length, result.ok ? result.value.length : 0);
  if (!result.ok) {
    const survived = survives(pipeline, state, { error: result.error, policy: scorer.onFailure, query });
    return survived ? ok(candidates) : result;
  }
  const keyOf = (candidate: C): number => pipeline.keyOf(candidate);
  const scoreOf = (candidate: C): number => pipeline.scoreOf(candidate);
  assertAligned(scorer.name, head, result.value, keyOf);
  assertFinite(scorer.name, result.value, scoreOf);
  const order = [...rankedByScore(result.value, scoreOf, keyOf), ...candidates.slice(scoredCount)];
  state.request.watch?.({ kind: 'scorer', component: scorer.name, candidates: order, scoredCount });
  return ok(order);
}

/** Selects, and runs every re-ranker over what was selected. */
export function selectAndRerank<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  { request: { watch } }: RunState<C>,
  { query, candidates }: Candidates<Q, C>,
): readonly C[] {
  const keyOf = (candidate: C): number => pipeline.keyOf(candidate);
  const { selected, reserve } = pipeline.selector.select(query, candidates);
  assertPermutation(pipeline.selector.name, candidates, [...selected, ...reserve], keyOf);
  watch?.({ kind: 'selector', component: pipeline.selector.name, candidates: selected });
  let order = selected;
  for (const reranker of pipeline.rerankers.filter((one) => isEnabled(one, query))) {
    const reranked = reranker.rerank(query, order);
    assertPermutation(reranker.name, order, reranked, keyOf);
    order = reranked;
    watch?.({ kind: 'reranker', component: reranker.name, candidates: order });
  }
  return order;
}

/** Whether a scorer takes part in this request at all. */
export const takesPart = <Q, C>(scorer: Scorer<Q, C>, { query, candidates }: Candidates<Q, C>): boolean =>
  isEnabled(scorer, query) && candidates.length > 0;
