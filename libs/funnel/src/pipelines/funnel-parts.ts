import {
  invariant,
  RELEASE_NOT_LOADED,
  type Description,
  type Random,
  type RerankerDescription,
  type Result,
  type ScoredCandidate,
  type StageError,
  type SurfaceDescription,
} from '@winnow/domain';
import type {
  Backfill,
  CandidateSource,
  Filter,
  Merger,
  PipelineBudgets,
  QueryHydrator,
  Reranker,
  Scorer,
  Selector,
  SideEffect,
} from '@winnow/pipeline';
import type { Expression } from '../expressions/expression';
import type { ExpressionCompiler } from '../expressions/expression-compiler';
import { ItemBindings } from '../expressions/expression-scope';
import { expressionFilter } from '../filters/expression.filter';
import { eligibleFilter, excludedFilter, seenFilter, unavailableFilter } from '../filters/set.filter';
import type { FunnelPipeline, FunnelQuery } from '../funnel-query';
import { userStateHydrator } from '../hydrators/user-state.hydrator';
import type { CandidateCache } from '../lists/candidate-cache';
import type { CandidateLists } from '../lists/candidate-lists';
import { rankFusionMerger } from '../merging/rank-fusion.merger';
import type { FunnelPorts } from '../ports';
import type { ServedFunnelSlate } from '../slate/slate';
import { attributeCapReranker } from '../rerankers/attribute-cap.reranker';
import { coldStartReranker } from '../rerankers/exploration/cold-start.reranker';
import { epsilonGreedyReranker } from '../rerankers/exploration/epsilon-greedy.reranker';
import { thompsonReranker } from '../rerankers/exploration/thompson.reranker';
import { newItemsReranker, withNewItems } from '../rerankers/new-items';
import { mmrReranker } from '../rerankers/mmr.reranker';
import { attributeSimilarity, vectorSimilarity } from '../rerankers/similarity';
import { heavyRankScorer, lightRankScorer } from '../scorers/rank.scorer';
import { topSelector } from '../selectors/top.selector';
import { rememberCandidatesSideEffect } from '../side-effects/remember-candidates.side-effect';
import { servedSlateSideEffect } from '../side-effects/served-slate.side-effect';
import { candidateGenerationSource } from '../sources/candidate-generation.source';
import { listSource } from '../sources/list.source';
import { memoryBackfill } from '../sources/memory.backfill';

/** Sources that candidate generation answers for; the others are lists in memory. */
const LEARNED_SOURCES: ReadonlySet<string> = new Set(['two-tower', 'similar']);

/** What may be switched off to see what it is worth. */
export interface FunnelAblation {
  readonly lightRank?: boolean;
  readonly heavyRank?: boolean;
  readonly rerank?: boolean;
  /** Only these sources; absent means all that the surface has. */
  readonly sources?: readonly string[];
}

export interface FunnelPartsOptions {
  readonly description: Description;
  readonly surface: SurfaceDescription;
  readonly ports: FunnelPorts;
  readonly lists: CandidateLists;
  readonly cache: CandidateCache;
  readonly expressions: ExpressionCompiler;
  readonly ablation: FunnelAblation;
  readonly eligible: ((ordinal: number) => boolean) | undefined;
  /** False takes all budgets away, for offline runs. */
  readonly deadlines: boolean;
  readonly onHeads: (heads: readonly string[]) => void;
  /** Absent: nothing is left to chance. */
  readonly random: Random | undefined;
}

type Identity = Pick<FunnelPipeline, 'name' | 'keyOf' | 'scoreOf' | 'isFatal'>;

/** Every part that a pipeline file may name, made for one surface. */
export interface FunnelParts {
  readonly identity: Identity;
  readonly budgets: PipelineBudgets;
  readonly userState: QueryHydrator<FunnelQuery>;
  readonly candidateGeneration: CandidateSource<FunnelQuery, ScoredCandidate>;
  readonly trending: CandidateSource<FunnelQuery, ScoredCandidate>;
  readonly popular: CandidateSource<FunnelQuery, ScoredCandidate>;
  readonly fresh: CandidateSource<FunnelQuery, ScoredCandidate>;
  readonly rankFusion: Merger<FunnelQuery, ScoredCandidate>;
  readonly excluded: Filter<FunnelQuery, ScoredCandidate>;
  readonly seen: Filter<FunnelQuery, ScoredCandidate>;
  readonly unavailable: Filter<FunnelQuery, ScoredCandidate>;
  readonly eligible: Filter<FunnelQuery, ScoredCandidate>;
  readonly surfaceFilter: Filter<FunnelQuery, ScoredCandidate>;
  readonly requestFilter: Filter<FunnelQuery, ScoredCandidate>;
  readonly memoryBackfill: Backfill<FunnelQuery, ScoredCandidate>;
  readonly lightRank: Scorer<FunnelQuery, ScoredCandidate>;
  readonly heavyRank: Scorer<FunnelQuery, ScoredCandidate>;
  readonly top: Selector<FunnelQuery, ScoredCandidate>;
  readonly rerankers: readonly Reranker<FunnelQuery, ScoredCandidate>[];
  readonly rememberCandidates: SideEffect<FunnelQuery, ServedFunnelSlate>;
  readonly servedSlateLog: SideEffect<FunnelQuery, ServedFunnelSlate>;
}

const identityOf = (surface: SurfaceDescription): Identity => ({
  name: surface.name,
  keyOf: ({ ordinal }) => ordinal,
  scoreOf: ({ score }) => score,
  isFatal: ({ reason }, query) => reason === RELEASE_NOT_LOADED && !query.tolerateMissingRelease,
});

function sourceParts(
  options: FunnelPartsOptions,
): Pick<FunnelParts, 'candidateGeneration' | 'trending' | 'popular' | 'fresh'> {
  const { surface, ports, lists, cache, ablation } = options;
  const wanted = surface.sources.filter(({ source }) => ablation.sources?.includes(source) ?? true);
  const skipSeen = surface.filters.seen;
  const fromList = (list: 'trending' | 'popular' | 'fresh'): FunnelParts['trending'] => {
    const quota = wanted.find(({ source }) => source === list)?.quota ?? 0;
    return listSource({ lists, list, quota, skipSeen });
  };
  return {
    candidateGeneration: candidateGenerationSource({
      retriever: ports.retriever,
      sources: wanted.filter(({ source }) => LEARNED_SOURCES.has(source)),
      skipSeen,
      lists,
      cache,
    }),
    trending: fromList('trending'),
    popular: fromList('popular'),
    fresh: fromList('fresh'),
  };
}

function surfaceExpressionOf(
  surface: SurfaceDescription,
  compiled: Result<Expression, StageError>,
): Expression {
  if (compiled.ok) return compiled.value;
  throw new Error(`surface ${surface.name}: its filter expression ${compiled.error.reason}`);
}

function filterParts(
  options: FunnelPartsOptions,
): Pick<FunnelParts, 'excluded' | 'seen' | 'unavailable' | 'eligible' | 'surfaceFilter' | 'requestFilter'> {
  const { description, surface, ports, expressions, eligible } = options;
  const items = new ItemBindings(ports.items, description.items.attributes);
  const userDefinitions = description.users.attributes;
  const { expression: source } = surface.filters;
  const surfaceExpression = source ? surfaceExpressionOf(surface, expressions.compile(source)) : null;
  return {
    excluded: excludedFilter,
    seen: seenFilter({ enabled: surface.filters.seen }),
    unavailable: unavailableFilter(ports.items),
    eligible: eligibleFilter(eligible),
    surfaceFilter: expressionFilter({
      name: 'surface-filter',
      items,
      userDefinitions,
      expressionOf: () => surfaceExpression,
    }),
    requestFilter: expressionFilter({
      name: 'filter',
      items,
      userDefinitions,
      expressionOf: (query) => query.filter,
    }),
  };
}

function rerankerOf(
  description: RerankerDescription,
  { items, counters, vectors }: FunnelPorts,
  random: Random | undefined,
): Reranker<FunnelQuery, ScoredCandidate> {
  if (description.kind === 'new-items') return newItemsReranker({ items, counters, ...description });
  if (description.kind === 'cap') return attributeCapReranker({ items, ...description });
  if (description.kind === 'epsilon-greedy') return epsilonGreedyReranker({ random, ...description });
  if (description.kind === 'thompson') return thompsonReranker({ random, counters, ...description });
  if (description.kind === 'cold-start')
    return coldStartReranker({ random, items, counters, ...description });
  const { by, attribute, lambda, depth } = description;
  if (by === 'vector') {
    invariant(vectors !== null, 'an mmr re-ranker by vector needs item vectors');
    return mmrReranker({ lambda, depth, similarity: vectorSimilarity(vectors) });
  }
  invariant(attribute !== undefined, 'an mmr re-ranker by attribute names no attribute');
  return mmrReranker({ lambda, depth, similarity: attributeSimilarity(items, attribute) });
}

/** How far down the ranking a re-ranker looks; new items come to it from wherever they are. */
function depthOf(description: RerankerDescription): number {
  if (description.kind === 'new-items') return 0;
  if (description.kind === 'cap') return 2 * description.window;
  if (description.kind === 'mmr') return description.depth;
  return Math.max(...description.positions) + description.depth;
}

function rankParts(
  options: FunnelPartsOptions,
): Pick<FunnelParts, 'lightRank' | 'heavyRank' | 'top' | 'rerankers'> {
  const { description, surface, ports, ablation, deadlines, onHeads, random } = options;
  const { budgets } = surface;
  const rerankers = ablation.rerank === false ? [] : surface.rerankers;
  const depth = rerankers.reduce((deepest, one) => Math.max(deepest, depthOf(one)), 0);
  const newItems = rerankers.find((one) => one.kind === 'new-items');
  const top = topSelector({ depth });
  const retrievedCountMax = surface.sources.reduce((sum, { quota }) => sum + quota, 0);
  return {
    lightRank: lightRankScorer({
      ranker: ports.lightRanker,
      budgetMs: deadlines ? budgets.lightRankMs : Infinity,
      candidateCountMax: Math.max(retrievedCountMax, surface.lightKeepCount),
      enabled: ablation.lightRank ?? true,
    }),
    heavyRank: heavyRankScorer({
      ranker: ports.heavyRanker,
      budgetMs: deadlines ? budgets.heavyRankMs : Infinity,
      candidateCountMax: surface.lightKeepCount,
      enabled: ablation.heavyRank ?? true,
      objectives: description.objectives,
      onHeads,
    }),
    top: newItems ? withNewItems(top, { ...newItems, items: ports.items, counters: ports.counters }) : top,
    rerankers: rerankers.map((one) => rerankerOf(one, ports, random)),
  };
}

/** Makes the parts of one surface. Throws where the description contradicts itself. */
export function funnelParts(options: FunnelPartsOptions): FunnelParts {
  const { description, surface, ports, lists, cache, deadlines } = options;
  const { hydrateMs, retrieveMs, filterMs, rerankMs } = surface.budgets;
  return {
    identity: identityOf(surface),
    budgets: deadlines
      ? { hydrateMs, retrieveMs, filterMs, rerankMs }
      : { hydrateMs: Infinity, retrieveMs: Infinity, filterMs: Infinity, rerankMs: Infinity },
    userState: userStateHydrator({ description, onlineState: ports.onlineState }),
    ...sourceParts(options),
    rankFusion: rankFusionMerger,
    ...filterParts(options),
    memoryBackfill: memoryBackfill(lists),
    ...rankParts(options),
    rememberCandidates: rememberCandidatesSideEffect(cache),
    servedSlateLog: servedSlateSideEffect(ports.servedSlates),
  };
}
