import { ok, stageError, type Result, type StageError } from '@winnow/domain';
import { assertPartition } from './invariants';
import type { Pipeline } from './pipeline';
import { isEnabled } from './retrieval-phase';
import type { RunState } from './run-state';
import type { Watch } from './watch';

/** Applies every filter in order. */
export function filterCandidates<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  {
    query,
    candidates,
    watch,
  }: { readonly query: Q; readonly candidates: readonly C[]; readonly watch?: Watch<C> },
): Result<readonly C[], StageError> {
  let left = candidates;
  for (const filter of pipeline.filters) {
    if (!isEnabled(filter, query)) continue;
    const result = filter.apply(query, left);
    if (!result.ok) return result;
    assertPartition(filter.name, left, result.value, (candidate) => pipeline.keyOf(candidate));
    state.countRemoved(filter.name, result.value.removed.length);
    left = result.value.kept;
    watch?.({ kind: 'filter', component: filter.name, candidates: left });
  }
  return ok(left);
}

/**
 * Tops up from memory what filters left short. When nothing at all was left and something had failed, the
 * slate is the fallback's alone, and `degraded` says so.
 */
export function backfillCandidates<Q, C, S>(
  pipeline: Pipeline<Q, C, S>,
  state: RunState<C>,
  { query, candidates }: { readonly query: Q; readonly candidates: readonly C[] },
): Result<readonly C[], StageError> {
  const { backfill } = pipeline;
  if (!backfill || !isEnabled(backfill, query)) return ok(candidates);
  const missingCount = backfill.wantedCount(query) - candidates.length;
  if (missingCount <= 0) return ok(candidates);

  const present = new Set(candidates.map((candidate) => pipeline.keyOf(candidate)));
  const offered = backfill.candidates(query).filter((candidate) => !present.has(pipeline.keyOf(candidate)));
  const kept = filterCandidates(pipeline, state, { query, candidates: offered });
  if (!kept.ok) return kept;
  const added = kept.value.slice(0, missingCount);
  if (candidates.length === 0 && added.length > 0 && state.degraded.length > 0)
    state.degrade(
      stageError('dependency', backfill.name, 'no source answered: the slate is the list kept in memory'),
    );
  const filled = [...candidates, ...added];
  state.request.watch?.({ kind: 'backfill', component: backfill.name, candidates: filled });
  return ok(filled);
}
