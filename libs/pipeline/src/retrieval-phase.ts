import { invariant, ok, type Result, type StageError } from '@winnow/domain';
import { callComponent } from './component-call';
import type { CandidateSource, Component, QueryHydrator } from './components';
import { failsOpen, type FailurePolicy } from './failure-policy';
import { assertUnique } from './invariants';
import type { Pipeline } from './pipeline';
import type { RunState } from './run-state';

export const isEnabled = <Q>(component: Component<Q>, query: Q): boolean =>
  component.enabled?.(query) ?? true;

/** Whether the run goes on after this failure; notes the degradation when it does. */
export function survives<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  { error, policy, query }: { readonly error: StageError; readonly policy: FailurePolicy; readonly query: Q },
): boolean {
  if (pipeline.isFatal?.(error, query) || !failsOpen(policy, error.kind)) return false;
  state.degrade(error);
  return true;
}

/** Runs all query hydrators side by side and returns the query with what they found. */
export async function hydrateQuery<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  query: Q,
): Promise<Result<Q, StageError>> {
  const { hydrateMs: budgetMs } = pipeline.budgets;
  const deadlineAtMs = state.beginStage(budgetMs);
  const hydrators = pipeline.queryHydrators.filter((hydrator) => isEnabled(hydrator, query));
  const results = await Promise.all(
    hydrators.map((hydrator: QueryHydrator<Q>) =>
      callComponent(state, {
        component: hydrator.name,
        budgetMs,
        deadlineAtMs,
        countIn: 0,
        work: (context) => hydrator.hydrate(query, context),
        countOut: () => 0,
      }),
    ),
  );
  const found: Partial<Q> = {};
  for (const [index, result] of results.entries()) {
    const { name, onFailure } = hydrators[index];
    if (!result.ok) {
      if (!survives(pipeline, state, { error: result.error, policy: onFailure, query })) return result;
      continue;
    }
    for (const field of Object.keys(result.value as object))
      invariant(!(field in found), `${name} fills ${field}, which another hydrator has filled`);
    Object.assign(found, result.value);
  }
  return ok({ ...query, ...found });
}

/** What all sources found, merged, and the query with what they learned. */
export async function retrieveCandidates<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  query: Q,
): Promise<Result<{ readonly query: Q; readonly candidates: readonly C[] }, StageError>> {
  const { retrieveMs: budgetMs } = pipeline.budgets;
  const deadlineAtMs = state.beginStage(budgetMs);
  const sources = pipeline.sources.filter((source) => isEnabled(source, query));
  const results = await Promise.all(
    sources.map((source: CandidateSource<Q, C>) =>
      callComponent(state, {
        component: source.name,
        inMemory: source.inMemory,
        budgetMs,
        deadlineAtMs,
        countIn: 0,
        work: (context) => source.retrieve(query, context),
        countOut: ({ candidates }) => candidates.length,
      }),
    ),
  );
  let learned = query;
  const lists: (readonly C[])[] = [];
  for (const [index, result] of results.entries()) {
    const source = sources[index];
    if (result.ok) {
      lists.push(result.value.candidates);
      if (result.value.learned) learned = { ...learned, ...result.value.learned };
    } else {
      if (!survives(pipeline, state, { error: result.error, policy: source.onFailure, query })) return result;
      lists.push(source.standIn?.(query) ?? []);
    }
    state.retrieved.push({ source: source.name, count: lists[index].length });
    state.request.watch?.({ kind: 'source', component: source.name, candidates: lists[index] });
  }
  const candidates = pipeline.merger.merge(learned, lists);
  assertUnique(pipeline.merger.name, candidates, (candidate) => pipeline.keyOf(candidate));
  state.request.watch?.({ kind: 'merger', component: pipeline.merger.name, candidates });
  return ok({ query: learned, candidates });
}
