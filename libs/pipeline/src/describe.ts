import type { Component } from './components';
import { describePolicy, type FailurePolicy } from './failure-policy';
import type { Pipeline } from './pipeline';

type Part<Q> = Component<Q> & { readonly onFailure?: FailurePolicy; readonly candidateCountMax?: number };

function line<Q>(part: Part<Q>): string {
  const notes = [
    part.candidateCountMax === undefined ? null : `scores at most ${part.candidateCountMax}`,
    part.onFailure === undefined ? null : `on failure: ${describePolicy(part.onFailure)}`,
  ].filter((note) => note !== null);
  return `  - ${part.name}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

/** Prints the stages in the order in which they run, so that a reorder shows in review. */
export function describe<Q, C, S>(pipeline: Pipeline<Q, C, S>): string {
  const { budgets } = pipeline;
  const scorers = pipeline.scorers.map(
    (scorer) => [`${scorer.stage} [${scorer.budgetMs} ms]`, [scorer]] as const,
  );
  const stages: readonly (readonly [string, readonly Part<Q>[]])[] = [
    [`hydrate the query, side by side [${budgets.hydrateMs} ms]`, pipeline.queryHydrators],
    [`retrieve, side by side [${budgets.retrieveMs} ms]`, pipeline.sources],
    ['merge', [pipeline.merger]],
    ['hydrate candidates, in order', pipeline.candidateHydrators],
    [`filter, in order [${budgets.filterMs} ms]`, pipeline.filters],
    ['backfill', pipeline.backfill ? [pipeline.backfill] : []],
    ...scorers,
    ['select', [pipeline.selector]],
    [`re-rank, in order [${budgets.rerankMs} ms]`, pipeline.rerankers],
    ['after the reply', pipeline.sideEffects],
  ];
  return [
    pipeline.name,
    ...stages
      .filter(([, parts]) => parts.length > 0)
      .flatMap(([title, parts]) => [title, ...parts.map((part) => line(part))]),
  ].join('\n');
}
