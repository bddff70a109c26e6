export {
  createFunnel,
  type Funnel,
  type FunnelOptions,
  type FunnelRequest,
  type Recommendation,
} from './create-funnel';
export {
  compileExpression,
  EXPRESSION_LENGTH_MAX,
  type Expression,
  type ExpressionVerdict,
} from './expressions/expression';
export { ExpressionCompiler } from './expressions/expression-compiler';
export { vocabularyOf, type ExpressionVocabulary, type StaticType } from './expressions/expression-types';
export type { FunnelPipeline, FunnelQuery } from './funnel-query';
export { mergeHistory } from './hydrators/user-state.hydrator';
export { CandidateCache, type CandidateCacheOptions } from './lists/candidate-cache';
export { CandidateLists, type CandidateListsOptions, type RankedList } from './lists/candidate-lists';
export type { FunnelAblation } from './pipelines/funnel-parts';
export { switchableNames } from './pipelines/switchable';
export type { FunnelPorts, ItemReader, ItemVectors, PopularityReader } from './ports';
export { headWeights, valueScores, type HeadWeight } from './scorers/value-model';
export { ItemFates, type FunnelWatch, type ItemFate, type Loss, type RankedAt } from './slate/item-fates';
export { decodePageToken, encodePageToken, PAGED_ITEMS_MAX, type PageToken } from './slate/page-token';
export type { Slate, SlateItem } from './slate/slate';
