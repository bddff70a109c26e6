import type { Description, RerankerDescription } from '@winnow/domain';
import { surfacesWithVariants } from '@winnow/experiments';
import type { Component } from '@winnow/pipeline';
import type { FunnelPipeline, FunnelQuery } from '../funnel-query';

/**
 * The pipeline with a kill switch for each source, scorer, re-ranker and side effect, asked at every request. What is
 * off takes no part, as if the surface did not have it. Filters have none: they keep out what must not be served.
 */
export function switchable(
  pipeline: FunnelPipeline,
  isOff: ((component: string) => boolean) | undefined,
): FunnelPipeline {
  if (isOff === undefined) return pipeline;
  const switched = <Part extends Component<FunnelQuery>>(parts: readonly Part[]): readonly Part[] =>
    parts.map((part) => ({
      ...part,
      enabled: (query: FunnelQuery) => !isOff(part.name) && (part.enabled?.(query) ?? true),
    }));
  return {
    ...pipeline,
    sources: switched(pipeline.sources),
    scorers: switched(pipeline.scorers),
    rerankers: switched(pipeline.rerankers),
    sideEffects: switched(pipeline.sideEffects),
  };
}

const ALWAYS_THERE = [
  'candidate-generation',
  'trending',
  'popular',
  'fresh',
  'light-ranker',
  'heavy-ranker',
  'remember-candidates',
  'served-slate-log',
];

const rerankerName = (reranker: RerankerDescription): string =>
  reranker.kind === 'cap' ? `cap-${reranker.attribute}` : reranker.kind;

/** Names of all components that have a kill switch, on any surface and in any arm. */
export function switchableNames(description: Description): readonly string[] {
  const rerankers = surfacesWithVariants(description).flatMap((surface) => surface.rerankers);
  return [...new Set([...ALWAYS_THERE, ...rerankers.map(rerankerName)])];
}
