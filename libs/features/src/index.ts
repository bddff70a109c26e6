export { ItemTable } from './items/item-table';
export { CategoryColumn } from './storage/category-column';
export {
  ItemCounters,
  type ItemCountersOptions,
  type ScoredOrdinals,
  type TopOptions,
} from './counters/item-counters';
export { BestFirst } from './counters/best-first';
export { LinearWeights, type LinearWeightRows } from './linear/linear-weights';
export { NeighbourTable, type NeighbourTableOptions, type Neighbours } from './neighbours/neighbour-table';
export { groupByUser, type InteractionColumns } from './neighbours/user-histories';
export { FeatureSet, type FeatureSetJson, type FeatureSetOptions } from './encoding/feature-set';
export { FEATURE_CODE_VERSION, type FeatureDefinition } from './encoding/feature-definition';
export type { EmbeddingBag } from './encoding/embedding-bag';
export type { HashedField } from './encoding/hashed-field';
export type { NumberScale } from './encoding/number-scale';
export { characterTrigrams, words } from './encoding/tokens';
export { RankingFeatures } from './ranking/ranking-features';
export { rankingFeatureMeaning } from './ranking/feature-meanings';
export { observedFeatureNamesOf, rankingFeatureNamesOf } from './ranking/ranking-feature-list';
export type { ItemVectors, RankingFeatureSources } from './ranking/ranking-feature';
export { PointInTimeReplay, type PointInTimeReplayOptions } from './replay/point-in-time-replay';
export { ArrivalReplay, type ArrivalReplayOptions } from './replay/arrival-replay';
export {
  FeatureAgreement,
  type ComparedFeatures,
  type Disagreement,
  type FeatureAgreementRow,
} from './consistency/feature-agreement';
